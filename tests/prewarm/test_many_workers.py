"""Four real worker processes, two tenants and short limits: no cap is ever passed, seen from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from prewarm.change_settings import change_settings
from prewarm.doorbell import ring_turns
from prewarm.models import NodeView, Task
from tests.prewarm.rows import asked
from tests.processes import Valkey, wait_until
from tests.sampler import Caps, Sampler
from tests.simulator import Simulated

pytestmark = [pytest.mark.databases, pytest.mark.timeout(300)]
PROJECT = Path(__file__).parents[2]
WORKERS = 4


@contextmanager
def worker_process(simulator: Simulated, directory: Path, number: int) -> Iterator[None]:
    """`manage.py runworker turns` on the database of this test."""
    environment = {
        **os.environ,
        "IPS_DB_NAME": str(connection.settings_dict["NAME"]),
        "IPS_KUBECONFIG": str(simulator.kubeconfig),
        "IPS_CREATES_PER_SECOND": "1000",
        "IPS_DELETES_PER_SECOND": "1000",
    }
    with (directory / f"worker{number}.log").open("wb") as log:
        command = [sys.executable, str(PROJECT / "manage.py"), "runworker", "turns"]
        process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def fresh(host: str) -> str:
    return f"{host}/busy/{uuid.uuid4().hex[:10]}:1"


def test_limits_hold_however_many_workers_share_the_tasks(
    simulator: Simulated, valkey: Valkey, sampler: Sampler, tmp_path: Path
) -> None:
    hosts = {"a.example": 2, "b.example": 3}
    wish = {"cap_cluster": 4, "cap_tenant": 3, "cap_registry_hosts": hosts}
    change_settings(wish, user=None, actor="root", request_id="")
    names = simulator.node_names()
    tasks = [
        asked([fresh(host)], tenant=tenant, node_names=names[start::2], batch_size=2, concurrency=2, parallel_batches=2)
        for start, (tenant, host) in enumerate([("default", "a.example"), ("default", "b.example")])
    ]
    tasks += [asked([fresh(host)], tenant="rivals", batch_size=2, concurrency=2, parallel_batches=3) for host in hosts]

    def finished() -> bool:
        NodeView.objects.update(heard_at=timezone.now())
        ring_turns()
        return not Task.objects.filter(finished_at=None).exists()

    with ExitStack() as running:
        for number in range(WORKERS):
            running.enter_context(worker_process(simulator, tmp_path, number))
        wait_until(finished, "four workers to finish four tasks", 240)

    assert set(Task.objects.values_list("status", flat=True)) == {"succeeded"}
    named = {f"host:{host}": cap for host, cap in hosts.items()}
    named |= {f"task:{task.pk}": task.max_in_flight for task in tasks}
    caps = Caps(cluster=4, tenant=3, batch=2, node=1, named=named)
    print(sampler.table(caps))
    sampler.assert_within(caps)
    assert sampler.peaks()["cluster"] >= 2  # several at once, or nothing was shown
