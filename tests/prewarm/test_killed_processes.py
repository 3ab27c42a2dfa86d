"""`kill -9` of any process in the middle of a task: the task ends right, with one pull job per node."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from tests.cluster.installation import Installation
from tests.processes import wait_until
from tests.running import pids_of
from tests.sampler import Sampler
from tests.simulator import Simulated

NODES = 30
# Short, so that nobody waits for a lease of a dead worker; the proportions are those of the defaults.
TIMES = {"IPS_LEASE_SECONDS": "4", "IPS_LEASE_RENEW_SECONDS": "1", "IPS_LEASE_MARGIN_SECONDS": "1"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    server = Simulated(Path(tmp_path_factory.mktemp("cluster")), NODES, "0.3-0.6")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def instance(cluster: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    ips = Installation(Path(tmp_path_factory.mktemp("ips")), cluster.kubeconfig, **TIMES)
    ips.start()
    yield ips
    ips.stop()


@pytest.mark.parametrize("victim", ["runworker turns", "gunicorn", "runwatcher", "valkey-server"])
def test_the_task_ends_right(victim: str, instance: Installation, cluster: Simulated) -> None:
    seen = Sampler(cluster.kubeconfig)
    task = instance.ask([f"killed/{uuid.uuid4().hex}:1"], all_nodes=True, batch_size=NODES, concurrency=10)
    wait_until(lambda: len(seen.made) >= NODES // 3, "a third of the pulls to be under way", 60)

    for pid in pids_of(instance.port, victim):
        os.kill(pid, signal.SIGKILL)

    wait_until(lambda: finished(instance, task), "the task to end after the kill", 90)
    outcome = instance.outcome(task)
    assert outcome.status == "succeeded"
    assert outcome.task["counts"]["succeeded"] == NODES
    assert dict(seen.made) == dict.fromkeys(cluster.node_names(), 1)
    checked = instance.manage("check_invariants")
    assert checked.returncode == 0, checked.stderr


def finished(instance: Installation, task: str) -> bool:
    try:
        answer = instance.http.get(f"tasks/{task}/")
    except httpx.TransportError:
        return False  # the web process is the one that was killed
    return answer.status_code == 200 and orjson.loads(answer.content)["finished_at"] is not None
