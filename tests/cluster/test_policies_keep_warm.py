"""A policy on real nodes: one that joins is warmed without anybody asking, what a node loses is brought back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from tests.cluster.installation import Installation
from tests.cluster.machine import node as nodes
from tests.cluster.machine.node import Node
from tests.cluster.results import RESULTS
from tests.cluster.stage import NODES, Stage
from tests.cluster.waiting import wait_until
from tests.contract.server import connect
from tests.contract.workloads import make, template

SETTLE, RECHECK = 3, 10  # seconds


@contextmanager
def policy(ips: Installation, **wishes: Any) -> Iterator[str]:
    """A policy over all nodes; its path below the API."""
    wish = {"name": f"warm-{time.time_ns()}", "all_nodes": True, "settle_seconds": SETTLE, "recheck_seconds": RECHECK}
    made = ips.http.post("policies/", json={**wish, **wishes})
    assert made.status_code == 201, made.text
    path = f"policies/{made.json()['id']}/"
    try:
        yield path
    finally:
        ips.http.delete(path)


def told(ips: Installation, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = ips.http.get(path).raise_for_status().json()
    return answer


def until_covered(ips: Installation, path: str, seconds: float = 60) -> None:
    wait_until(lambda: told(ips, path)["state"] == "covered", f"the policy to be covered: {told(ips, path)}", seconds)


def causes(ips: Installation) -> list[str]:
    tasks = ips.http.get("tasks/", params={"trigger": "policy"}).raise_for_status().json()["results"]
    return [str(task["cause"]) for task in tasks]


def listed(stage: Stage, node: str, image: str) -> bool:
    """Whether the node has told the API server of the image."""
    status = stage.cluster.kubectl.json("get", "node", node)["status"]
    return any(image in one["names"] for one in status.get("images", ()))


@pytest.fixture
def third(stage: Stage) -> Iterator[Node]:
    """A third node that is not started yet; gone after the test."""
    node = stage.cluster.node(3)
    yield node
    stage.kubectl("delete", "node", node.name, "--ignore-not-found")
    processes = stage.cluster.processes
    for name in (node.kubelet, node.containerd):
        if processes.find(name):
            processes.stop(name)
    node.remove_cgroups()
    nodes.remove(node.folder)


def ready_since(stage: Stage, node: str) -> datetime:
    conditions = stage.cluster.kubectl.json("get", "node", node)["status"]["conditions"]
    (ready,) = (one for one in conditions if one["type"] == "Ready")
    assert ready["status"] == "True"
    return datetime.fromisoformat(ready["lastTransitionTime"].replace("Z", "+00:00"))


def test_a_third_node_is_warmed_without_anybody_asking(stage: Stage, ips: Installation, third: Node) -> None:
    image = f"{stage.new_image(5)}:1"
    with policy(ips, images=[image]) as path:
        until_covered(ips, path)
        assert stage.nodes_with(image) == set(NODES)

        third.start(stage.cluster.certificates)
        wait_until(lambda: third.name in stage.cluster.ready_nodes(), "the third node to be Ready", 90)
        ready = ready_since(stage, third.name)
        wait_until(lambda: image in third.images(), "the image to be on the third node", 60)
        took = (datetime.now(UTC) - ready).total_seconds()

        assert any(cause.endswith(f": node {third.name} joined") for cause in causes(ips))
        until_covered(ips, path)
        coverage = told(ips, path)["coverage"]
        assert (coverage["nodes"], coverage["percent"]) == (3, 100.0)
    RESULTS.add(f"{stage.version.name} third node: warm {took:.1f} s after Ready, of these {SETTLE} s to settle")


def test_an_image_that_a_node_lost_is_seen_and_brought_back(stage: Stage, ips: Installation) -> None:
    image = f"{stage.new_image(5)}:1"
    with policy(ips, images=[image]) as path:
        until_covered(ips, path)
        wait_until(lambda: listed(stage, NODES[0], image), f"{NODES[0]} to tell of the image", 120)
        tasks = len(causes(ips))

        stage.cluster.node(1).ctr("images", "rm", "--sync", image)
        assert stage.nodes_with(image) == {NODES[1]}
        removed = time.monotonic()
        wait_until(lambda: not listed(stage, NODES[0], image), f"{NODES[0]} to tell that it is gone", 120)
        seen = time.monotonic()
        wait_until(lambda: stage.nodes_with(image) == set(NODES), "the image to be back", RECHECK + 30)
        mended = time.monotonic()

        cause, *before = causes(ips)
        told_by = (
            f"node {NODES[0]} lost {image}",
            f"{image} not proven on node {NODES[0]}",
        )  # a list that is whole, or cut
        assert cause.endswith(told_by)
        assert len(before) == tasks
    told_after, back_after = seen - removed, mended - seen
    RESULTS.add(
        f"{stage.version.name} drift: told by the kubelet after {told_after:.1f} s, back {back_after:.1f} s later"
    )


def test_workloads_are_followed_with_the_rights_that_cluster_setup_gives(stage: Stage, ips: Installation) -> None:
    image, other = (f"{stage.new_image(5)}:1" for _ in range(2))
    server = connect(stage.version.name, stage.cluster.kubeconfig, stage.version.registry)
    with server.namespace() as namespace:
        make(server, namespace, "Deployment", "web", template(image, init=(other,)))
        attach = {"followed_namespaces": [namespace]}
        (tenant,) = ips.http.get("tenants/").json()["results"]
        assert ips.http.patch(f"tenants/{tenant['id']}/", json=attach).status_code == 200
        with policy(ips, follow={"namespaces": [namespace]}) as path:
            wait_until(lambda: told(ips, path)["state"] == "cannot", "the missing right to be told", 30)
            assert f"cluster-setup --follow {namespace}" in told(ips, path)["problem"]

            let_follow(ips, stage, namespace)
            assert ips.http.post(f"{path}check/").status_code == 202
            until_covered(ips, path)

            assert stage.nodes_with(image) == stage.nodes_with(other) == set(NODES)
            (workload,) = ips.http.get(f"{path}workloads/").json()["workloads"]
            assert (workload["name"], workload["images"], workload["nodes"]) == ("web", [other, image], 2)
        ips.http.patch(f"tenants/{tenant['id']}/", json={"followed_namespaces": None})


def let_follow(ips: Installation, stage: Stage, namespace: str) -> None:
    """What the cluster's administrator does."""
    printed = ips.manage("cluster-setup", "--print", "--follow", namespace)
    assert printed.returncode == 0, printed.stderr
    for document in printed.stdout.split("---\n"):
        if "ips-workloads" in document:
            stage.cluster.kubectl.apply(yaml.safe_load(document))
