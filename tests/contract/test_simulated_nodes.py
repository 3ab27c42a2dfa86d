"""Simulated nodes that are ill: the label ips.sim/fault."""

from __future__ import annotations

import pytest

from prewarm.simulator.running import Running
from tests.contract.pods import Pods, as_job, held, image_id, state
from tests.contract.server import Json, wait_for

NODE = "node-001"


def strike(sim: Running, fault: str) -> None:
    sim.control("PATCH", f"nodes/{NODE}", {"fault": fault})


def node_of(pods: Pods) -> Json:
    return pods.server.get(f"/api/v1/nodes/{NODE}")


def condition(node: Json, kind: str) -> str:
    return str(next(one["status"] for one in node["status"]["conditions"] if one["type"] == kind))


def test_a_node_that_is_not_ready_sees_no_pod(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "notready")

    pod = sim_pods.create(held("a/x:1", node=NODE))
    other = sim_pods.create(held("a/x:1", node="node-002"))
    sim_pods.wait_state(other, "img0", "CreateContainerConfigError")

    node = node_of(sim_pods)
    assert condition(node, "Ready") == "Unknown"
    assert {taint["key"] for taint in node["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
    assert "startTime" not in sim_pods.now(pod)["status"]


def test_a_node_that_recovers_takes_up_what_waits(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "notready")
    pod = sim_pods.create(held("a/x:1", node=NODE))
    strike(sim, "")

    assert sim_pods.wait_state(pod, "img0", "CreateContainerConfigError")
    assert condition(node_of(sim_pods), "Ready") == "True"
    assert "taints" not in node_of(sim_pods)["spec"]


def test_a_silent_node_looks_well_and_does_nothing(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "silent")

    pod = sim_pods.create(held("a/x:1", node=NODE))
    other = sim_pods.create(held("a/x:1", node="node-002"))
    sim_pods.wait_state(other, "img0", "CreateContainerConfigError")

    assert condition(node_of(sim_pods), "Ready") == "True"
    assert "startTime" not in sim_pods.now(pod)["status"]


def test_a_node_under_disk_pressure_rejects_pods(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "diskpressure")

    pod = sim_pods.create(held("a/x:1", node=NODE))
    found = sim_pods.wait_phase(pod, "Failed", "Evicted")

    assert "The node had condition: [DiskPressure]" in found["status"]["message"]
    assert condition(node_of(sim_pods), "DiskPressure") == "True"


def test_a_node_can_evict_in_mid_pull(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "evict")

    pod = sim_pods.create(held("a/x:1", node=NODE))
    found = sim_pods.wait_phase(pod, "Failed", "Evicted")

    assert found["status"]["message"].startswith("The node was low on resource: ephemeral-storage.")
    if sim.options.release.recent:
        assert state(found, "img0")["reason"] == "ContainerStatusUnknown"
        assert image_id(found, "img0") == ""
    else:
        assert "containerStatuses" not in found["status"]


def test_a_full_node_has_no_room(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "noroom")

    pod = sim_pods.create(held("a/x:1", node=NODE))
    found = sim_pods.wait_phase(pod, "Failed", "OutOfpods")

    assert "Node didn't have enough resource: pods, requested: 1, used: 110" in found["status"]["message"]


def test_a_node_can_vanish_in_mid_pull(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "gone")

    pod = sim_pods.create(held("a/x:1", node=NODE))

    wait_for(lambda: sim_pods.server.http.get(f"/api/v1/nodes/{NODE}").status_code == 404, "the node to vanish")
    assert sim_pods.now(pod)["status"]["phase"] == "Pending"
    wait_for(lambda: not sim_pods.exists(pod), "its pod to be collected", 30)


def test_a_slow_node_takes_longer(sim: Running, sim_pods: Pods) -> None:
    strike(sim, "slow")
    slow = sim_pods.create(held("a/x:1", node=NODE))
    quick = sim_pods.create(held("a/x:1", node="node-002"))

    sim_pods.wait_state(quick, "img0", "CreateContainerConfigError")

    assert state(sim_pods.now(slow), "img0")["reason"] == "ContainerCreating"
    assert sim_pods.wait_state(slow, "img0", "CreateContainerConfigError")


def test_a_node_can_lose_its_images(sim: Running, sim_pods: Pods) -> None:
    pod = sim_pods.create(held("a/x:1", node=NODE))
    sim_pods.wait_state(pod, "img0", "CreateContainerConfigError")
    wait_for(lambda: len(node_of(sim_pods)["status"]["images"]) == 2, "the image to be listed")

    sim.control("PATCH", f"nodes/{NODE}", {"forget_images": True})
    again = sim_pods.create(held("a/x:1", node=NODE))

    assert sim_pods.wait_event(again, "Pulling")


def test_a_node_lists_its_fifty_biggest_images(sim: Running, sim_pods: Pods) -> None:
    for start in range(0, 60, 20):
        images = [f"many/big-{number}:1" for number in range(start + 1, start + 21)]
        pod = sim_pods.create(held(*images, node=NODE))
        sim_pods.wait_state(pod, "img19", "CreateContainerConfigError")

    def sizes() -> list[int]:
        return [image["sizeBytes"] for image in node_of(sim_pods)["status"]["images"]]

    biggest = [number * 1_000_000 for number in range(60, 10, -1)]
    wait_for(lambda: sizes() == biggest, "the 50 biggest images to be listed")


def test_names_are_listed_as_containerd_writes_them(sim: Running, sim_pods: Pods) -> None:
    pod = sim_pods.create(held("nginx:1.27", node=NODE))
    sim_pods.wait_state(pod, "img0", "CreateContainerConfigError")

    def names() -> list[str]:
        return [name for image in node_of(sim_pods)["status"]["images"] for name in image["names"] if "nginx" in name]

    found = wait_for(names, "nginx to be listed")
    assert found[1] == "docker.io/library/nginx:1.27"
    assert found[0].startswith("docker.io/library/nginx@sha256:")


def test_nodes_can_join_and_leave(sim: Running, sim_pods: Pods) -> None:
    sim_pods.server.post("/api/v1/nodes", {"metadata": {"name": "late", "labels": {"pool": "gpu"}}})

    pod = sim_pods.create(held("a/x:1", node="late"))
    sim_pods.wait_state(pod, "img0", "CreateContainerConfigError")
    sim_pods.server.delete("/api/v1/nodes/late")

    assert sim_pods.server.http.get("/api/v1/nodes/late").status_code == 404
    wait_for(lambda: not sim_pods.exists(pod), "its pod to be collected", 30)


def test_pools_and_zones_can_be_selected(sim: Running, sim_pods: Pods) -> None:
    found = sim_pods.server.get("/api/v1/nodes", labelSelector="pool=general,zone in (a,b)")

    assert {node["metadata"]["labels"]["zone"] for node in found["items"]} == {"a", "b"}
    assert {node["metadata"]["labels"]["pool"] for node in found["items"]} == {"general"}


@pytest.mark.parametrize("fault", ["notready", "silent"])
def test_a_jobs_pod_waits_for_a_node_that_does_not_answer(sim: Running, sim_pods: Pods, fault: str) -> None:
    strike(sim, fault)
    tolerations = [{"operator": "Exists"}]

    job = sim_pods.create_job(as_job(held("a/x:1", tolerations=tolerations), NODE))
    pod = wait_for(lambda: next(iter(sim_pods.of_job(job)), None), "the Job's pod")
    wait_for(lambda: sim_pods.now(pod)["spec"].get("nodeName") == NODE, "the pod to be bound")

    assert "startTime" not in sim_pods.now(pod)["status"]
