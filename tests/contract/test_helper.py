"""What a pod says about each image, when its containers run a helper and end at once."""

from __future__ import annotations

from tests.contract.pods import Pods, helped, image_id, state
from tests.contract.server import Server


def test_a_pulled_image_is_told_by_a_container_that_has_completed(cluster: Server, pods: Pods) -> None:
    pod = pods.create(helped(cluster.helper, cluster.small, cluster.big, node=cluster.nodes[0]))

    found = pods.wait_phase(pod, "Succeeded")

    for container, image in (("noop", "ips/noop"), ("img0", "a/big-5"), ("img1", "a/big-50")):
        ended = state(found, container)
        assert (ended["kind"], ended["reason"], ended["exitCode"]) == ("terminated", "Completed", 0)
        assert image_id(found, container).startswith(f"{cluster.image(image)}@sha256:")
    statuses = found["status"]["containerStatuses"]
    assert statuses[0]["containerID"].startswith("containerd://")
    assert statuses[0]["image"] == cluster.small
    conditions = {one["type"]: (one["status"], one.get("reason")) for one in found["status"]["conditions"]}
    assert conditions["Ready"] == ("False", "PodCompleted")
    assert conditions["Initialized"] == ("True", "PodCompleted")


def test_containers_wait_for_the_helper(cluster: Server, pods: Pods) -> None:
    pod = pods.create(helped(cluster.missing, cluster.small, node=cluster.nodes[0]))

    found = pods.wait_state(pod, "noop", "ErrImagePull", "ImagePullBackOff")

    assert state(found, "img0") == {"kind": "waiting", "reason": "PodInitializing"}
    assert found["status"]["phase"] == "Pending"
    told = pods.wait_event(pod, "Failed", "Failed to pull image")
    assert told["involvedObject"]["fieldPath"] == "spec.initContainers{noop}"


def test_a_missing_image_beside_a_pulled_one(cluster: Server, pods: Pods) -> None:
    pod = pods.create(helped(cluster.helper, cluster.small, cluster.missing, node=cluster.nodes[0]))

    found = pods.wait_state(pod, "img1", "ErrImagePull", "ImagePullBackOff")

    assert state(found, "img0")["reason"] == "Completed"
    assert image_id(found, "img0")
    assert image_id(found, "img1") == ""
    assert found["status"]["phase"] == "Pending"


def test_events_tell_what_became_of_the_containers(cluster: Server, pods: Pods) -> None:
    pod = pods.create(helped(cluster.helper, cluster.small, node=cluster.nodes[0]))
    pods.wait_phase(pod, "Succeeded")

    container = {"involvedObject.fieldPath": "spec.containers{img0}"}
    created, started = pods.wait_event(pod, "Created", **container), pods.wait_event(pod, "Started", **container)

    if cluster.recent:
        assert (created["message"], started["message"]) == ("Container created", "Container started")
    else:
        assert (created["message"], started["message"]) == ("Created container img0", "Started container img0")


def test_a_pod_that_has_ended_goes_at_once(cluster: Server, pods: Pods) -> None:
    pod = pods.create(helped(cluster.helper, cluster.small, node=cluster.nodes[0], terminationGracePeriodSeconds=30))
    pods.wait_phase(pod, "Succeeded")

    cluster.delete(pods.at(pod))

    assert not pods.exists(pod)
