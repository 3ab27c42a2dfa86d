"""The stage of faults between IPS and its cluster: behind a fault proxy, on a real API server with simulated nodes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from prewarm.models import NodeAttempt, Task
from tests.faults.api_proxy import ApiProxy
from tests.faults.proxied import ProxiedCluster
from tests.faults.stage import Stage
from tests.fleet.fixtures import NODES
from tests.fleet.running import Fleet
from tests.processes import Valkey
from tests.sampler import Sampler

# Short, in the proportions of the defaults, but for a watch, whose length has to be whole seconds.
API_TIMES = {
    "IPS_API_CONNECT_SECONDS": "1",
    "IPS_API_READ_SECONDS": "2",
    "IPS_STEADY_SECONDS": "2",
    "IPS_WATCH_SECONDS": "5",
    "IPS_NODE_ANSWER_SECONDS": "5",
    "IPS_UNSCHEDULABLE_SECONDS": "3",
    "IPS_PULL_TIMEOUT_GRACE_SECONDS": "1",
    "IPS_NODE_VIEW_STALE_SECONDS": "6",
}
NODE_ANSWER = timedelta(seconds=5)


class ApiStage(Stage):
    """What a test needs to play a fault of the API server, of nodes or of pull jobs."""

    cluster: ProxiedCluster
    seen: Sampler  # of the test that is played

    def __init__(self, folder: Path, cluster: ProxiedCluster, valkey: Valkey, database: dict[str, str]) -> None:
        super().__init__(folder, cluster, valkey, database, **API_TIMES)

    @property
    def proxy(self) -> ApiProxy:
        return self.cluster.proxy

    @property
    def fleet(self) -> Fleet:
        return self.cluster.fleet

    @property
    def nodes(self) -> list[str]:
        return self.cluster.fleet.nodes

    def image(self, mode: str = "faults", seconds: float = 0.0) -> str:
        """An image that no node has; `mode` as in prewarm/simulator/registry.py, or a pull that takes so long."""
        name = f"{mode}/{uuid.uuid4().hex}"
        if seconds:
            self.fleet.take(f"docker.io/{name}:*", seconds)
        return f"{name}:1"

    def until_done(self, task: Task, nodes: int) -> None:
        """So many of its nodes have the image, others are being pulled on."""

        def enough() -> bool:
            task.refresh_from_db()
            return task.succeeded >= nodes and bool(task.in_flight)

        self.until(enough, f"{nodes} nodes to be done")

    def until_it_waits(self, task: Task, reason: str, at_least: timedelta = timedelta(0)) -> None:
        """The task says that it has been waiting for this, for so long."""

        def it_says_so() -> bool:
            told = self.http.get(f"tasks/{task.pk}/").raise_for_status().json()
            task.refresh_from_db()
            since = task.waiting_since
            return told["waiting_reason"] == reason and since is not None and timezone.now() - since >= at_least

        self.until(it_says_so, f"the task to wait for {reason}")


def all_at_once(task: Task) -> bool:
    """Every node has the image, and none needed a second attempt."""
    attempts = set(task.node_results.values_list("attempt", flat=True))
    repeated = NodeAttempt.objects.filter(node_result__task=task).exists()
    return (task.status, task.succeeded, attempts, repeated) == ("succeeded", NODES, {1}, False)
