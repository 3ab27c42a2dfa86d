"""A simulated cluster in a process of its own, and workers that tests run turn by turn."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from prewarm.cluster import Cluster
from prewarm.cluster.paths import pods
from prewarm.models import Batch, NodeView, Task
from prewarm.runtime import Runtime
from prewarm.turn import Turn
from prewarm.watcher import Watcher

PATIENCE = 40.0


class Sampler:
    """Watches pods from outside of IPS: how many were ever made per node, and how many were pulling at once.

    A pod pulls from its creation until each of its images is on the node, or the pod is gone.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.made: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._alive: dict[str, str] = {}
        self._cluster = cluster
        self._version = ""
        for _, self._version in cluster.pages(pods()):
            pass
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        for line in self._cluster.watch(pods(), {}, self._version, 600):
            if line.kind == "BOOKMARK":
                continue
            metadata = line.object["metadata"]
            node = (metadata.get("annotations") or {}).get("ips.io/node", "?")
            self.made[node] += line.kind == "ADDED"
            if line.kind == "DELETED" or _pulled_everything(line.object):
                self._alive.pop(metadata["uid"], None)
            else:
                self._alive[metadata["uid"]] = node
            self.most["all"] = max(self.most["all"], len(self._alive))
            here = sum(1 for other in self._alive.values() if other == node)
            self.most[node] = max(self.most[node], here)


def _pulled_everything(pod: dict[str, Any]) -> bool:
    entries = (pod.get("status") or {}).get("containerStatuses") or []
    states = [(entry.get("imageID"), entry["state"].get("waiting", {}).get("reason", "")) for entry in entries]
    pulled = [
        bool(image) or (reason.startswith("CreateContainer") and reason.endswith("Error")) for image, reason in states
    ]
    return len(pulled) == len(pod["spec"]["containers"]) and all(pulled)


def take_nodes(cluster: Cluster) -> None:
    """One whole list, as a watcher takes it when it starts."""
    watcher = Watcher(cluster, threading.Event())
    assert watcher.lead()
    watcher.take_list()
    watcher.let_go()


class Worker:
    """A worker of its own: it has its own name, stream and sender, like a process."""

    def __init__(self) -> None:
        self.runtime = Runtime()
        self.turns = 0

    def until(self, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Take turns until the condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come to pass in time"
            NodeView.objects.update(heard_at=_now())
            Turn(self.runtime).run()
            self.turns += 1
            time.sleep(0.01)

    def finish(self, task: Task, seconds: float = PATIENCE) -> Task:
        def finished() -> bool:
            task.refresh_from_db()
            return task.finished

        self.until(finished, seconds)
        return task

    def cycles(self, condition: Callable[[Turn], bool], seconds: float = PATIENCE) -> Turn:
        """Run one turn cycle by cycle until the condition holds, and leave it standing: as if the process stopped."""
        turn = Turn(self.runtime)
        deadline = time.monotonic() + seconds
        while True:
            turn.claim()
            turn.cycle()
            if condition(turn):
                return turn
            assert time.monotonic() < deadline, "it did not come to pass in time"
            turn.runtime.stream.wait(0.02)


def expire_leases() -> None:
    """As if every holder had been dead for longer than a lease."""
    Batch.objects.exclude(holder="").update(lease_until="2000-01-01T00:00:00Z")


def _now() -> Any:
    from prewarm.clock import database_now

    return database_now()
