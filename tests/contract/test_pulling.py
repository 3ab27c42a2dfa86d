"""What a pod says about each image, when its containers are held back after the pull (no helper image)."""

from __future__ import annotations

import re

from tests.contract.pods import ABSENT, Pods, held, image_id, state
from tests.contract.server import NOBODY, Server, wait_for

HELD = f'configmap "{ABSENT}" not found'


def test_a_pulled_image_is_told_by_a_container_that_cannot_be_configured(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.small, policy="Always", node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img0", "CreateContainerConfigError")

    assert state(found, "img0") == {"kind": "waiting", "reason": "CreateContainerConfigError", "message": HELD}
    assert image_id(found, "img0") == ""
    assert found["status"]["phase"] == "Pending"
    assert found["status"]["startTime"]
    assert found["status"]["containerStatuses"][0]["image"] == cluster.small
    assert "containerID" not in found["status"]["containerStatuses"][0]


def test_events_tell_how_long_a_pull_took(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.small, policy="Always", node=cluster.nodes[0]))

    pulling = pods.wait_event(pod, "Pulling")
    pulled = pods.wait_event(pod, "Pulled")

    assert pulling["message"] == f'Pulling image "{cluster.small}"'
    assert pulling["involvedObject"]["fieldPath"] == "spec.containers{img0}"
    assert (pulling["type"], pulling["source"]["component"]) == ("Normal", "kubelet")
    assert pulling["source"]["host"] == cluster.nodes[0]
    duration = r"[0-9hmsµ.]+"
    told = f'Successfully pulled image "{re.escape(cluster.small)}" in {duration}'
    if cluster.recent:
        told += rf" \({duration} including waiting\)\. Image size: \d+ bytes\."
    assert re.fullmatch(told, pulled["message"])


def test_an_image_that_is_there_is_not_pulled(cluster: Server, pods: Pods) -> None:
    first = pods.create(held(cluster.small, policy="Always", node=cluster.nodes[0]))
    pods.wait_state(first, "img0", "CreateContainerConfigError")

    second = pods.create(held(cluster.small, node=cluster.nodes[0]))
    pods.wait_state(second, "img0", "CreateContainerConfigError")
    told = pods.wait_event(second, "Pulled")

    present = f'Container image "{cluster.small}" already present on machine'
    assert told["message"] == (f"{present} and can be accessed by the pod" if cluster.recent else present)
    assert not pods.events(second, reason="Pulling")


def test_a_missing_image_is_told_with_the_runtimes_words(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.missing, node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img0", "ErrImagePull")
    told = pods.wait_event(pod, "Failed", "Failed to pull image")

    where = "failed to resolve image" if cluster.recent else f'failed to resolve reference "{cluster.missing}"'
    text = f'failed to pull and unpack image "{cluster.missing}": {where}: {cluster.missing}: not found'
    message = f"rpc error: code = NotFound desc = {text}"
    assert state(found, "img0") == {"kind": "waiting", "reason": "ErrImagePull", "message": message}
    assert found["status"]["phase"] == "Pending"
    assert told["message"] == f'Failed to pull image "{cluster.missing}": {message}'
    assert told["type"] == "Warning"


def test_a_failed_pull_alternates_with_its_back_off(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.missing, node=cluster.nodes[0]))

    backing_off = pods.wait_state(pod, "img0", "ImagePullBackOff")
    again = pods.wait_state(pod, "img0", "ErrImagePull")

    message = state(backing_off, "img0")["message"]
    start = f'Back-off pulling image "{cluster.missing}"'
    if cluster.recent:
        assert message == f"{start}: ErrImagePull: {state(again, 'img0')['message']}"
    else:
        assert message == start
    assert pods.wait_event(pod, "BackOff")["message"] == start
    assert again["status"]["phase"] == "Pending"


def test_one_bad_image_does_not_keep_the_others_from_being_pulled(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.small, cluster.missing, cluster.big, policy="Always", node=cluster.nodes[1]))

    found = pods.wait_state(pod, "img2", "CreateContainerConfigError")

    assert state(found, "img0")["reason"] == "CreateContainerConfigError"
    assert state(found, "img1")["reason"] in ("ErrImagePull", "ImagePullBackOff")


def test_images_of_one_pod_are_pulled_one_after_the_other(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.big, cluster.small, policy="Always", node=cluster.nodes[1]))
    pods.wait_state(pod, "img1", "CreateContainerConfigError")

    first = pods.wait_event(pod, "Pulled", **{"involvedObject.fieldPath": "spec.containers{img0}"})
    second = pods.wait_event(pod, "Pulling", **{"involvedObject.fieldPath": "spec.containers{img1}"})

    assert first["firstTimestamp"] <= second["lastTimestamp"]


def test_a_name_that_is_none_is_told_as_such(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held("Bad//Name", cluster.small, node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img0", "InvalidImageName")
    pods.wait_state(pod, "img1", "CreateContainerConfigError")
    told = pods.wait_event(pod, "InspectFailed")

    what = ("image name", "repository name (/Name)") if cluster.recent else ("image reference", "repository name")
    start = f'Failed to apply default image tag "Bad//Name": couldn\'t parse {what[0]} "Bad//Name"'
    message = f"{start}: invalid reference format: {what[1]} must be lowercase"
    assert state(found, "img0") == {"kind": "waiting", "reason": "InvalidImageName", "message": message}
    assert told["message"] == message


def test_an_image_that_may_not_be_pulled_and_is_not_there(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.missing, policy="Never", node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img0", "ErrImageNeverPull")

    message = f'Container image "{cluster.missing}" is not present with pull policy of Never'
    assert state(found, "img0")["message"] == message
    assert pods.wait_event(pod, "ErrImageNeverPull")["message"] == message


def test_an_image_that_may_not_be_pulled_and_is_there(cluster: Server, pods: Pods) -> None:
    first = pods.create(held(cluster.small, policy="Always", node=cluster.nodes[0]))
    pods.wait_state(first, "img0", "CreateContainerConfigError")

    second = pods.create(held(cluster.small, policy="Never", node=cluster.nodes[0]))

    assert pods.wait_state(second, "img0", "CreateContainerConfigError")


def test_a_registry_that_does_not_answer(cluster: Server, pods: Pods) -> None:
    image = f"{NOBODY}/a/x:1"
    pod = pods.create(held(image, node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img0", "ErrImagePull")

    message = state(found, "img0")["message"]
    assert f'failed to pull and unpack image "{image}": failed to resolve ' in message
    assert "failed to do request: Head " in message
    assert message.endswith(f"dial tcp {NOBODY}: connect: connection refused")


def test_a_new_pod_does_not_inherit_the_back_off(cluster: Server, pods: Pods) -> None:
    first = pods.create(held(cluster.missing, node=cluster.nodes[0]))
    pods.wait_state(first, "img0", "ImagePullBackOff")
    cluster.delete(pods.at(first), gracePeriodSeconds=0)

    second = pods.create(held(cluster.missing, node=cluster.nodes[0]))

    assert pods.wait_event(second, "Failed", "Failed to pull image")


def test_a_pod_without_secrets_of_its_own_runs_no_code_of_the_image(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.image("a/evil:1"), policy="Always", node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img0", "CreateContainerConfigError")
    pods.wait_event(pod, "Pulled")

    assert not pods.events(pod, reason="Created")
    assert "running" not in found["status"]["containerStatuses"][0]["state"]


def test_a_node_lists_what_it_has_pulled(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.big, policy="Always", node=cluster.nodes[1]))
    pods.wait_state(pod, "img0", "CreateContainerConfigError")

    def listed() -> list[str]:
        images = cluster.get(f"/api/v1/nodes/{cluster.nodes[1]}")["status"]["images"]
        assert images == sorted(images, key=lambda image: -image["sizeBytes"])
        return next((image["names"] for image in images if cluster.big in image["names"]), [])

    names = wait_for(listed, f"{cluster.nodes[1]} to list {cluster.big}", 100)
    assert any(re.fullmatch(rf"{re.escape(cluster.image('a/big-50'))}@sha256:[0-9a-f]{{64}}", name) for name in names)
