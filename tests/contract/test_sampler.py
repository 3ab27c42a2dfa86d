"""The sampler that judges all limits sees what really pulls at once, and can tell when it is too much."""

from __future__ import annotations

import pytest

from prewarm.simulator.running import Running
from tests.contract.pods import Pods, held
from tests.contract.server import Json, Server, wait_for
from tests.sampler import Caps, OverTheCap, Sampler, host_of

TASK = "7f0a4d3e-3f43-4d87-a0a1-9d3f1f5a7c22"
NOWHERE = "no-such-node"


def labelled(pod: Json, *, node: str, batch: int = 1) -> Json:
    """The pod with what IPS says on its pull jobs."""
    pod["metadata"]["labels"] |= {"ips.io/task": TASK, "ips.io/tenant": "team", "ips.io/batch": str(batch)}
    pod["metadata"]["annotations"] = {"ips.io/node": node}
    return pod


def test_a_pod_counts_until_its_images_are_there(cluster: Server, pods: Pods) -> None:
    with Sampler(cluster.kubeconfig, pods.namespace) as sampler:
        for node in cluster.nodes:
            pod = pods.create(labelled(held(cluster.small, node=node), node=node))
            pods.wait_state(pod, "img0", "CreateContainerConfigError")

        assert sampler.peaks()["cluster"] == 1
        assert sampler.made == dict.fromkeys(cluster.nodes, 1)


def test_a_pod_that_never_gets_its_image_counts_until_it_is_gone(sim: Running, sim_pods: Pods) -> None:
    with Sampler(sim.kubeconfig, sim_pods.namespace) as sampler:
        for _ in range(2):
            pod = sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="n"))
            sim_pods.server.delete(sim_pods.at(pod), gracePeriodSeconds=0)
            wait_for(lambda pod=pod: not sim_pods.exists(pod), "the pod to be gone")

        assert sampler.peaks()["node:n"] == 1
        assert sampler.made["n"] == 2


def test_it_tells_cluster_hosts_tenant_task_batch_and_node_apart(sim: Running, sim_pods: Pods) -> None:
    with Sampler(sim.kubeconfig, sim_pods.namespace) as sampler:
        sim_pods.create(labelled(held("a/x:1", "quay.example/b:1", node=NOWHERE), node="n", batch=1))
        sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="m", batch=2))

        assert sampler.peaks() == {
            "cluster": 2,
            "host:docker.io": 2,
            "host:quay.example": 1,
            "tenant:team": 2,
            f"task:{TASK}": 2,
            f"batch:{TASK}/1": 1,
            f"batch:{TASK}/2": 1,
            "node:n": 1,
            "node:m": 1,
        }


@pytest.mark.parametrize(
    "caps",
    [
        Caps(cluster=1),
        Caps(host=1),
        Caps(named={"host:docker.io": 1}),
        Caps(tenant=1),
        Caps(named={f"task:{TASK}": 1}),
        Caps(node=2, named={f"batch:{TASK}": 1}),
        Caps(node=2, named={f"batch:{TASK}/1": 1}),
        Caps(),
    ],
)
def test_more_than_a_cap_is_refused_with_the_table(caps: Caps, sim: Running, sim_pods: Pods) -> None:
    with Sampler(sim.kubeconfig, sim_pods.namespace) as sampler:
        for _ in range(2):
            sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="n"))

        sampler.assert_within(Caps(cluster=2, host=2, tenant=2, task=2, batch=2, node=2))
        with pytest.raises(OverTheCap, match="2 pods made"):
            sampler.assert_within(caps)


def test_what_was_there_before_is_not_counted(sim: Running, sim_pods: Pods) -> None:
    sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="n"))

    with Sampler(sim.kubeconfig, sim_pods.namespace) as sampler:
        assert sampler.peaks() == {}
        assert not sampler.made


def test_a_watch_that_breaks_is_taken_up_again(sim: Running, sim_pods: Pods) -> None:
    with Sampler(sim.kubeconfig, sim_pods.namespace) as sampler:
        for _ in range(3):
            wait_for(lambda: sim.control("POST", "watches/end")["ended"], "the sampler's watch")
            sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="n"))

        assert sampler.peaks()["node:n"] == 3
        assert sampler.gaps == 0


def test_a_gap_in_the_history_is_told(sim: Running, sim_pods: Pods) -> None:
    with Sampler(sim.kubeconfig, sim_pods.namespace) as sampler:
        first = sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="n"))
        sampler.peaks()
        sim.control("POST", "faults", {"verb": "watch", "resource": "pods", "code": 410})
        wait_for(lambda: sim.control("POST", "watches/end")["ended"], "the sampler's watch")
        sim_pods.server.delete(sim_pods.at(first), gracePeriodSeconds=0)
        wait_for(lambda: sampler.gaps, "the sampler to list anew")
        sim_pods.create(labelled(held("a/x:1", node=NOWHERE), node="n"))

        assert sampler.peaks()["node:n"] == 1
        assert "2 pods made, 1 gaps" in sampler.table()


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("nginx", "docker.io"),
        ("a/b:1", "docker.io"),
        ("index.docker.io/a/b", "docker.io"),
        ("localhost/a", "localhost"),
        ("Registry.example:5000/a/b@sha256:0", "registry.example:5000"),
    ],
)
def test_the_host_of_an_image(image: str, host: str) -> None:
    assert host_of(image) == host
