"""A fleet of simulated kubelets on a real API server is as good as nodes, and can be broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cluster.machine.plane import CERTIFICATES, ControlPlane, end_what_is_left
from tests.cluster.machine.processes import Processes
from tests.contract.pods import Pods, held, state
from tests.contract.server import Server, connect, wait_for
from tests.fleet.running import Fleet

KILLED = """
from tests.cluster.machine.plane import control_plane_of
from tests.cluster.machine.versions import VERSIONS
with control_plane_of(VERSIONS["1.36"]) as plane:
    print(plane.folder, flush=True)
    input()
"""


@pytest.fixture
def server(control_plane: ControlPlane) -> Server:
    return connect("fleet", control_plane.kubeconfig, "registry.example:5000")


@pytest.fixture
def pods(server: Server, fleet: Fleet) -> object:
    with server.namespace() as namespace:
        yield Pods(server, namespace)


def test_its_nodes_are_as_big_as_real_ones(server: Server, fleet: Fleet) -> None:
    answer = server.http.get(f"/api/v1/nodes/{fleet.nodes[0]}")

    assert len(answer.content) >= 15_000
    assert len(answer.json()["status"]["images"]) == 50


def test_its_nodes_renew_their_leases(server: Server, fleet: Fleet) -> None:
    path = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{fleet.nodes[0]}"
    before = server.get(path)["spec"]["renewTime"]

    wait_for(lambda: server.get(path)["spec"]["renewTime"] > before, "a renewed lease")


def test_a_stopped_node_says_nothing_until_it_goes_on(fleet: Fleet, pods: Pods) -> None:
    silent, other = fleet.nodes[:2]
    fleet.take("*/slow:*", 1.0)
    pod = pods.create(held("a/slow:1", node=silent))
    pods.wait_event(pod, "Pulling")

    fleet.stop(silent)
    neighbour = pods.create(held("a/slow:1", node=other))
    pods.wait_state(neighbour, "img0", "CreateContainerConfigError")
    assert state(pods.now(pod), "img0")["reason"] == "ContainerCreating"

    fleet.go(silent)
    pods.wait_state(pod, "img0", "CreateContainerConfigError")


def test_a_node_that_is_stopped_long_enough_is_not_ready(server: Server, fleet: Fleet) -> None:
    node = fleet.nodes[2]

    def ready() -> str:
        conditions = server.get(f"/api/v1/nodes/{node}")["status"]["conditions"]
        return str(next(one["status"] for one in conditions if one["type"] == "Ready"))

    fleet.stop(node)
    wait_for(lambda: ready() == "Unknown", "the node to be given up")
    fleet.go(node)
    wait_for(lambda: ready() == "True", "the node to be back")


def test_images_can_be_made_to_fail(fleet: Fleet, pods: Pods) -> None:
    fleet.fail("docker.io/a/*", "denied")
    pod = pods.create(held("a/x:1", "b/x:1", node=fleet.nodes[0]))

    found = pods.wait_state(pod, "img0", "ErrImagePull")
    pods.wait_state(pod, "img1", "CreateContainerConfigError")

    assert "authorization failed" in state(found, "img0")["message"]


def test_a_fleet_outlives_an_api_server_that_is_away(control_plane: ControlPlane, fleet: Fleet, pods: Pods) -> None:
    fleet.take("*/slow:*", 1.0)
    pod = pods.create(held("a/slow:2", node=fleet.nodes[0]))
    pods.wait_event(pod, "Pulling")
    apiserver = control_plane.processes.find("apiserver")
    assert apiserver is not None

    apiserver.send(signal.SIGSTOP)
    try:
        with pytest.raises(httpx.TimeoutException):
            pods.server.http.get("/readyz", timeout=1.5)
    finally:
        apiserver.send(signal.SIGCONT)

    pods.wait_state(pod, "img0", "CreateContainerConfigError")


def test_a_control_plane_whose_run_was_killed_is_ended_by_the_next(control_plane: ControlPlane) -> None:
    project = Path(__file__).parents[2]
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    processes = Processes(Path(run.stdout.readline().strip()))
    assert processes.find("apiserver")
    run.kill()
    run.communicate()

    end_what_is_left()

    assert processes.marked() == []
    assert [left.name for left in processes.folder.iterdir()] == [CERTIFICATES]
    assert control_plane.processes.find("apiserver"), "that of a run which goes on is left alone"
