"""The stage of faults between IPS and its cluster: behind a fault proxy, on a real API server with simulated nodes."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from prewarm.models import Node, NodeSlot, Task
from tests.faults.api_faults import Asked
from tests.faults.api_proxy import ApiProxy
from tests.faults.proxied import ProxiedCluster
from tests.faults.stage import PATIENCE, Stage
from tests.fleet.fixtures import NODES
from tests.fleet.running import Fleet
from tests.processes import Valkey
from tests.sampler import Sampler, node_of, pulled

# Short, in the proportions of the defaults.
API_TIMES = {
    "IPS_API_CONNECT_SECONDS": "1",
    "IPS_API_READ_SECONDS": "2",
    "IPS_STEADY_SECONDS": "2",
    "IPS_WATCH_SECONDS": "2",
    "IPS_NODE_ANSWER_SECONDS": "5",
    "IPS_UNSCHEDULABLE_SECONDS": "3",
    "IPS_PULL_TIMEOUT_GRACE_SECONDS": "1",
    "IPS_NODE_VIEW_STALE_SECONDS": "6",
    "IPS_CREATES_PER_SECOND": "10",
}
NODE_ANSWER = timedelta(seconds=5)
CREATES_PER_SECOND = 10
SWEEP_SECONDS = 10  # from its list of jobs to its list of pods, at most


class ApiStage(Stage):
    """What a test needs to play a fault of the API server, of nodes or of pull jobs."""

    cluster: ProxiedCluster
    seen: Sampler  # of the test that is played

    def __init__(self, folder: Path, cluster: ProxiedCluster, valkey: Valkey, database: dict[str, str]) -> None:
        super().__init__(folder, cluster, valkey, database, **API_TIMES)

    def make_whole(self) -> None:
        """And every worker follows the pods, and the nodes are seen as they are at the start."""
        super().make_whole()
        self.until(lambda: self.proxy.watching("pods") >= len(self.workers), "the workers to watch the pods")
        fit = Node.objects.filter(ready=True, unschedulable=False, disk_pressure=False, os="linux")
        self.until(lambda: fit.count() == NODES, "the nodes to be as new")

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

    def ask_slow(self, seconds: float, **wishes: Any) -> Task:
        """A task of which every pull takes so long, ten at once."""
        return self.ask(images=[self.image(seconds=seconds)], **{"concurrency": 5, "parallel_batches": 2, **wishes})

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

        self.until(it_says_so, f"the task to wait for {reason}", PATIENCE + at_least.total_seconds())

    def slots(self, task: Task, count: int) -> list[NodeSlot]:
        """The places of a task's pull jobs, when there are so many."""
        held = NodeSlot.objects.filter(node_result__task=task).order_by("node")
        self.until(lambda: held.count() == count, f"{count} slots")
        return list(held)

    def pulling_on(self, *nodes: str) -> list[dict[str, Any]]:
        """Pods of these nodes whose kubelet has taken them and whose image is not there yet."""
        started = [pod for pod in self.cluster.pods_on(*nodes) if pod["status"].get("startTime")]
        return [pod for pod in started if not pulled(pod)]

    def pulled(self) -> list[dict[str, Any]]:
        """Pods whose image is on their node."""
        return [pod for pod in self.cluster.pods() if pulled(pod)]

    def relists(self, since: float) -> int:
        """How often a worker listed the pods anew. The sweep lists them too, each time after it listed the jobs."""
        sweeps = [one.at for one in self.proxy.lists("jobs") if one.code == 200]
        found = 0
        for listed in self.proxy.lists("pods", since):
            of_sweep = next((at for at in sweeps if 0 <= listed.at - at < SWEEP_SECONDS), None)
            if of_sweep is None:
                found += 1
            else:
                sweeps.remove(of_sweep)
        return found

    def not_of_ips(self, pod: dict[str, Any]) -> None:
        """Let what the test itself has made not count as a pull job of IPS."""
        self.seen.names.subtract([pod["metadata"]["name"]])
        self.seen.made.subtract([node_of(pod)])


def most_within(seconds: float, requests: Sequence[Asked]) -> int:
    """The most of these requests that came within so many seconds of each other."""
    times = [request.at for request in requests]
    return max((sum(1 for at in times if begun <= at < begun + seconds) for begun in times), default=0)


def outcomes(task: Task) -> Counter[str]:
    """How many nodes ended in which way: status, reason, and why the attempts before were not enough."""
    task.refresh_from_db()
    found: Counter[str] = Counter()
    for row in task.node_results.prefetch_related("earlier"):
        before = [attempt.reason for attempt in row.earlier.order_by("attempt")] + ["recreated"] * row.recreated
        found[" ".join(filter(None, [row.status, row.reason, *(f"after {reason}" for reason in before)]))] += 1
    return found


ALL_AT_ONCE = {"succeeded": NODES}  # every node has the image, and none needed a second attempt
