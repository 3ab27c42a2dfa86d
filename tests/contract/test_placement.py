"""Pods that a node does not take, and pods that no node is found for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.contract.pods import Pods, held, helped, on_node, state
from tests.contract.server import Json, Server, wait_for

TOO_MUCH = {"requests": {"cpu": "900"}}


def demanding(cluster: Server, node: str | None) -> Json:
    pod = held(cluster.small, node=node)
    pod["spec"]["containers"][0]["resources"] = TOO_MUCH
    return pod


@contextmanager
def cordoned(cluster: Server, node: str) -> Iterator[None]:
    cluster.patch(f"/api/v1/nodes/{node}", {"spec": {"unschedulable": True}})
    try:
        yield
    finally:
        cluster.patch(f"/api/v1/nodes/{node}", {"spec": {"unschedulable": None}})


def unschedulable(pods: Pods, pod: Json) -> str:
    """The scheduler's message, once it has given up for now."""

    def look() -> str | None:
        for condition in pods.now(pod)["status"].get("conditions", ()):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                assert condition["reason"] == "Unschedulable"
                return str(condition["message"])
        return None

    return wait_for(look, "the condition PodScheduled=False")


def test_a_kubelet_without_room_rejects_the_pod(cluster: Server, pods: Pods) -> None:
    pod = pods.create(demanding(cluster, cluster.nodes[0]))

    found = pods.wait_phase(pod, "Failed", "OutOfcpu")
    told = pods.wait_event(pod, "OutOfcpu")

    text = "Node didn't have enough resource: cpu, requested: 900000, used: "
    assert found["status"]["message"].startswith(f"{'Pod was rejected:' if cluster.recent else 'Pod'} {text}")
    assert told["message"].startswith(text)
    assert told["type"] == "Warning"
    assert not found["status"].get("containerStatuses")


def test_a_kubelet_rejects_a_pod_that_asks_for_other_labels(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.small, node=cluster.nodes[0], nodeSelector={"no": "such"}))

    found = pods.wait_phase(pod, "Failed", "NodeAffinity")

    start = "Pod was rejected: Predicate NodeAffinity failed" if cluster.recent else "Pod Predicate NodeAffinity failed"
    assert found["status"]["message"].startswith(start)


def test_a_pod_that_names_its_node_runs_on_a_cordoned_one(cluster: Server, pods: Pods) -> None:
    with cordoned(cluster, cluster.nodes[0]):
        pod = pods.create(held(cluster.small, node=cluster.nodes[0]))

        assert pods.wait_state(pod, "img0", "CreateContainerConfigError")


def test_a_cordon_is_a_taint_too(cluster: Server) -> None:
    path = f"/api/v1/nodes/{cluster.nodes[0]}"

    def tainted() -> bool:
        keys = {(taint["key"], taint["effect"]) for taint in cluster.get(path)["spec"].get("taints", ())}
        return ("node.kubernetes.io/unschedulable", "NoSchedule") in keys

    with cordoned(cluster, cluster.nodes[0]):
        wait_for(tainted, "the taint of the cordon")
    wait_for(lambda: not tainted(), "the taint to go")


def test_the_scheduler_binds_a_pod_to_the_node_it_asks_for(cluster: Server, pods: Pods) -> None:
    pod = pods.create(held(cluster.small, affinity=on_node(cluster.nodes[1])))

    found = pods.wait_state(pod, "img0", "CreateContainerConfigError")
    told = pods.wait_event(pod, "Scheduled")

    assert found["spec"]["nodeName"] == cluster.nodes[1]
    name = pod["metadata"]["name"]
    assert told["message"] == f"Successfully assigned {pods.namespace}/{name} to {cluster.nodes[1]}"


def test_a_cordoned_node_is_given_to_who_tolerates_it(cluster: Server, pods: Pods) -> None:
    with cordoned(cluster, cluster.nodes[1]):
        pod = pods.create(held(cluster.small, affinity=on_node(cluster.nodes[1])))

        assert pods.wait_state(pod, "img0", "CreateContainerConfigError")


def test_a_cordoned_node_is_not_given_to_others(cluster: Server, pods: Pods) -> None:
    with cordoned(cluster, cluster.nodes[1]):
        pod = pods.create(held(cluster.small, affinity=on_node(cluster.nodes[1]), tolerations=[]))
        message = unschedulable(pods, pod)

    assert "1 node(s) were unschedulable" in message
    assert pods.wait_state(pod, "img0", "CreateContainerConfigError")["spec"]["nodeName"] == cluster.nodes[1]


def test_a_node_that_does_not_exist_cannot_be_had(cluster: Server, pods: Pods) -> None:
    nodes = len(cluster.get("/api/v1/nodes")["items"])
    pod = pods.create(held(cluster.small, affinity=on_node("no-such-node")))

    message = unschedulable(pods, pod)
    told = pods.wait_event(pod, "FailedScheduling")

    if cluster.recent:
        why = f"{nodes} node(s) didn't satisfy plugin(s) [NodeAffinity]"
    else:
        why = f"{nodes} node(s) didn't match Pod's node affinity"
    assert message.startswith(f"0/{nodes} nodes are available: {why}.")
    assert told["message"].startswith(f"0/{nodes} nodes are available: {why}.")
    assert (told["type"], told["source"].get("component", "")) == ("Warning", "")


def test_more_than_any_node_has_cannot_be_had(cluster: Server, pods: Pods) -> None:
    nodes = len(cluster.get("/api/v1/nodes")["items"])
    pod = pods.create(demanding(cluster, None))

    assert unschedulable(pods, pod).startswith(f"0/{nodes} nodes are available: {nodes} Insufficient cpu.")


def test_an_untolerated_taint_drives_a_pod_out(cluster: Server, pods: Pods) -> None:
    path = f"/api/v1/nodes/{cluster.nodes[0]}"
    taint = {"key": "ips.io/contract", "effect": "NoExecute"}
    cluster.patch(path, {"spec": {"taints": [taint]}})
    try:
        driven_out = pods.create(helped(cluster.helper, cluster.missing, node=cluster.nodes[0]))
        tolerating = held(cluster.small, node=cluster.nodes[0])
        tolerating["spec"]["tolerations"].append(
            {"key": "ips.io/contract", "operator": "Exists", "effect": "NoExecute"}
        )
        kept = pods.create(tolerating)

        wait_for(lambda: not pods.exists(driven_out), "the pod to be driven out")
        assert state(pods.wait_state(kept, "img0", "CreateContainerConfigError"), "img0")
    finally:
        cluster.patch(path, {"spec": {"taints": None}})
