"""Deadlines and deletion while a pod is being worked on."""

from __future__ import annotations

from tests.contract.pods import ABSENT, Pods, held, helped, image_id, state
from tests.contract.server import Server, wait_for

EXCEEDED = "Pod was active on the node longer than the specified deadline"
LOST = {
    "kind": "terminated",
    "exitCode": 137,
    "reason": "ContainerStatusUnknown",
    "message": "The container could not be located when the pod was terminated",
    "startedAt": None,
    "finishedAt": None,
}


def test_a_deadline_ends_a_pod_that_cannot_get_its_image(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.missing, node=cluster.nodes[0], activeDeadlineSeconds=cluster.moment // 2))

    found = pods.wait_phase(pod, "Failed", "DeadlineExceeded")
    told = pods.wait_event(pod, "DeadlineExceeded")

    assert found["status"]["message"] == EXCEEDED
    assert (told["type"], told["message"]) == ("Normal", EXCEEDED)
    assert image_id(found, "img0") == ""


def test_a_recent_kubelet_forgets_what_waited_at_the_deadline(cluster: Server, pods: Pods) -> None:
    pod = pods.create(
        held(cluster.small, cluster.missing, node=cluster.nodes[0], activeDeadlineSeconds=cluster.moment // 2)
    )
    pods.wait_phase(pod, "Failed", "DeadlineExceeded")

    if cluster.recent:
        found = pods.wait_state(pod, "img0", "ContainerStatusUnknown")
        assert state(found, "img0") == state(found, "img1") == LOST
        assert [image_id(found, name) for name in ("img0", "img1")] == ["", ""]
        assert (found["status"]["phase"], found["status"]["reason"]) == ("Failed", "DeadlineExceeded")
    else:
        found = pods.now(pod)
        assert state(found, "img0")["message"] == f'configmap "{ABSENT}" not found'
        assert state(found, "img1")["reason"] in ("ErrImagePull", "ImagePullBackOff")


def test_what_had_completed_stays_so_after_the_deadline(cluster: Server, pods: Pods) -> None:
    pod = pods.create(
        helped(
            cluster.helper, cluster.small, cluster.missing, node=cluster.nodes[0], activeDeadlineSeconds=cluster.moment
        )
    )

    found = pods.wait_phase(pod, "Failed", "DeadlineExceeded")

    assert state(found, "img0")["reason"] == "Completed"
    assert image_id(found, "img0")
    assert image_id(found, "img1") == ""


def test_a_pod_deleted_at_once_is_gone_although_its_image_is_being_pulled(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.big, policy="Always", node=cluster.nodes[1]))
    wait_for(lambda: pods.now(pod)["status"].get("startTime"), "the kubelet to see the pod")

    answer = cluster.delete(pods.at(pod), preconditions={"uid": pod["metadata"]["uid"]}, gracePeriodSeconds=0)

    assert answer.status_code == 200
    assert not pods.exists(pod)


def test_the_last_look_at_a_deleted_pod_shows_its_states(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.small, node=cluster.nodes[0]))
    pods.wait_state(pod, "img0", "CreateContainerConfigError")
    version = cluster.get(pods.path)["metadata"]["resourceVersion"]

    cluster.delete(pods.at(pod), gracePeriodSeconds=0)
    lines = list(cluster.watch(pods.path, cluster.glance, resourceVersion=version))

    assert lines[-1]["type"] == "DELETED"
    assert state(lines[-1]["object"], "img0")["reason"] == "CreateContainerConfigError"


def test_the_name_of_a_deleted_pod_can_be_used_again(cluster: Server, pods: Pods) -> None:
    sent = held(cluster.small, node=cluster.nodes[0])
    first = pods.create(sent)
    pods.wait_state(first, "img0", "CreateContainerConfigError")
    cluster.delete(pods.at(first), gracePeriodSeconds=0)

    second = pods.create(sent)

    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert pods.wait_state(second, "img0", "CreateContainerConfigError")["metadata"]["uid"] == second["metadata"]["uid"]


def test_a_pod_with_grace_goes_when_its_kubelet_says_so(cluster: Server, pods: Pods) -> None:
    pod = pods.create(helped(cluster.helper, cluster.missing, node=cluster.nodes[0], terminationGracePeriodSeconds=2))
    pods.wait_state(pod, "img0", "ErrImagePull", "ImagePullBackOff")

    answer = cluster.delete(pods.at(pod))

    assert answer.json()["metadata"]["deletionGracePeriodSeconds"] == 2
    wait_for(lambda: not pods.exists(pod), "the pod to go", 100)
