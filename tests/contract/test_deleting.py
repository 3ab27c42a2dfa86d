"""Deleting: whose object it is, when it goes, and what holds it."""

from __future__ import annotations

from tests.contract.pods import Pods, held
from tests.contract.server import Json, Server, wait_for

NOWHERE = "no-such-node"


def waiting_pod(pods: Pods, grace: int = 0) -> Json:
    return pods.create(held(pods.server.small, node=NOWHERE, terminationGracePeriodSeconds=grace))


def test_only_the_object_of_this_uid_is_deleted(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(pods)

    refused = cluster.delete(pods.at(pod), preconditions={"uid": "00000000-0000-0000-0000-000000000000"})
    deleted = cluster.delete(pods.at(pod), preconditions={"uid": pod["metadata"]["uid"]}, gracePeriodSeconds=0)

    assert refused.status_code == 409
    assert refused.json()["reason"] == "Conflict"
    assert "the UID in the precondition" in refused.json()["message"]
    assert refused.json()["details"] == {"name": pod["metadata"]["name"], "kind": "Pod"}
    assert deleted.status_code == 200
    assert not pods.exists(pod)


def test_grace_zero_means_at_once(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(pods, grace=30)

    answer = cluster.delete(pods.at(pod), gracePeriodSeconds=0)

    assert answer.status_code == 200
    assert answer.json()["metadata"]["deletionGracePeriodSeconds"] == 0
    assert not pods.exists(pod)


def test_a_pod_without_grace_of_its_own_goes_at_once(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(pods)

    answer = cluster.delete(pods.at(pod))

    assert answer.status_code == 200
    assert not pods.exists(pod)


def test_a_pod_with_grace_is_marked_first(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(pods, grace=30)

    cluster.delete(pods.at(pod))
    marked = pods.now(pod)
    cluster.delete(pods.at(pod), gracePeriodSeconds=0)

    assert marked["metadata"]["deletionTimestamp"]
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert not pods.exists(pod)


def test_a_watch_sees_the_mark_and_then_the_end(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(pods)
    version = cluster.get(pods.path)["metadata"]["resourceVersion"]

    cluster.delete(pods.at(pod), gracePeriodSeconds=0)
    lines = list(cluster.watch(pods.path, cluster.glance, resourceVersion=version))

    assert [line["type"] for line in lines] == ["MODIFIED", "DELETED"]
    assert all(line["object"]["metadata"]["deletionTimestamp"] for line in lines)


def test_a_finalizer_holds_an_object(cluster: Server, pods: Pods) -> None:
    sent = held(cluster.small, node=NOWHERE)
    sent["metadata"]["finalizers"] = ["ips.io/contract"]
    pod = pods.create(sent)

    cluster.delete(pods.at(pod), gracePeriodSeconds=0)
    held_back = pods.now(pod)
    cluster.patch(pods.at(pod), {"metadata": {"finalizers": None}})

    assert held_back["metadata"]["deletionTimestamp"]
    assert not pods.exists(pod)


def test_what_is_gone_cannot_be_deleted(cluster: Server, pods: Pods) -> None:
    answer = cluster.delete(f"{pods.path}/nothing")

    assert answer.status_code == 404
    assert answer.json()["reason"] == "NotFound"


def test_a_selection_is_deleted_together(cluster: Server, pods: Pods) -> None:
    sent = held(cluster.small, node=NOWHERE)
    sent["metadata"]["labels"]["app"] = "kept"
    kept = pods.create(sent)
    others = [waiting_pod(pods) for _ in range(3)]

    answer = cluster.http.request(
        "DELETE", pods.path, params={"labelSelector": "app=contract"}, json={"gracePeriodSeconds": 0}
    )

    assert answer.status_code == 200
    assert answer.json()["kind"] == "PodList"
    assert {item["metadata"]["name"] for item in answer.json()["items"]} == {pod["metadata"]["name"] for pod in others}
    assert pods.exists(kept)
    assert not any(pods.exists(pod) for pod in others)


def test_the_pod_of_a_node_that_does_not_exist_is_collected(cluster: Server, pods: Pods) -> None:
    pod = waiting_pod(pods)

    wait_for(lambda: not pods.exists(pod), "the pod to be collected", 100)
