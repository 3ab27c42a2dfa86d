"""What is too old: watches and pages whose moment the simulated API server has forgotten."""

from __future__ import annotations

from pathlib import Path

from prewarm.simulator.options import Options
from prewarm.simulator.running import Running, simulated_cluster
from tests.contract.pods import Pods, held
from tests.contract.server import connect

NOWHERE = "no-such-node"


def test_a_watch_from_a_forgotten_version_is_told_so(sim: Running, sim_pods: Pods) -> None:
    version = sim_pods.server.get(sim_pods.path)["metadata"]["resourceVersion"]
    sim_pods.create(held("a/x:1", node=NOWHERE))
    sim.control("POST", "expire", {"resource": "pods"})

    lines = list(sim_pods.server.watch(sim_pods.path, 5, resourceVersion=version))

    assert [line["type"] for line in lines] == ["ERROR"]
    status = lines[0]["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith(f"too old resource version: {version} (")


def test_a_list_made_after_that_can_be_watched(sim: Running, sim_pods: Pods) -> None:
    sim.control("POST", "expire", {"resource": "pods"})
    version = sim_pods.server.get(sim_pods.path)["metadata"]["resourceVersion"]
    pod = sim_pods.create(held("a/x:1", node=NOWHERE))

    lines = list(sim_pods.server.watch(sim_pods.path, 1, resourceVersion=version))

    assert [line["object"]["metadata"]["name"] for line in lines] == [pod["metadata"]["name"]]


def test_a_forgotten_page_is_refused_with_a_token_to_go_on(sim: Running, sim_pods: Pods) -> None:
    made = {sim_pods.create(held("a/x:1", node=NOWHERE))["metadata"]["name"] for _ in range(3)}
    first = sim_pods.server.get(sim_pods.path, limit=1)
    sim.control("POST", "expire", {})

    refused = sim_pods.server.http.get(sim_pods.path, params={"limit": 1, "continue": first["metadata"]["continue"]})
    token = refused.json()["metadata"]["continue"]
    rest = sim_pods.server.get(sim_pods.path, **{"continue": token})

    assert (refused.status_code, refused.json()["reason"]) == (410, "Expired")
    assert refused.json()["message"].startswith("The provided continue parameter is too old")
    assert {item["metadata"]["name"] for item in (*first["items"], *rest["items"])} == made


def test_the_history_is_limited(tmp_path: Path) -> None:
    with simulated_cluster(Options(nodes=0, history=5, kubeconfig=str(tmp_path / "kubeconfig"))) as sim:
        server = connect("simulated", Path(sim.kubeconfig), "registry.example")
        with server.namespace() as namespace:
            pods = Pods(server, namespace)
            version = server.get(pods.path)["metadata"]["resourceVersion"]
            for _ in range(6):
                pods.create(held("a/x:1", node=NOWHERE))

            lines = list(server.watch(pods.path, 1, resourceVersion=version))

    assert lines[0]["object"]["code"] == 410


def test_the_first_list_can_be_watched_from_however_old(sim: Running, sim_pods: Pods) -> None:
    """As long as nothing was forgotten, even the very first version will do."""
    pod = sim_pods.create(held("a/x:1", node=NOWHERE))

    lines = list(sim_pods.server.watch(sim_pods.path, 1, resourceVersion="1"))

    assert [line["object"]["metadata"]["name"] for line in lines] == [pod["metadata"]["name"]]


def test_a_version_that_is_yet_to_come_is_refused_for_lists(sim: Running, sim_pods: Pods) -> None:
    answer = sim_pods.server.http.get(sim_pods.path, params={"resourceVersion": "99999999"})

    assert (answer.status_code, answer.json()["reason"]) == (504, "Timeout")
    assert "Too large resource version" in answer.json()["message"]
