"""A simulated cluster in a process of its own, and workers that tests run turn by turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from prewarm.cluster import Cluster
from prewarm.models import Batch, NodeView, Task
from prewarm.runtime import Runtime
from prewarm.turn import Turn
from prewarm.watcher import Watcher

PATIENCE = 40.0


def take_nodes(cluster: Cluster) -> None:
    """One whole list, as a watcher takes it when it starts."""
    watcher = Watcher(cluster, threading.Event())
    assert watcher.lead()
    watcher.take_list()
    watcher.let_go()


class Worker:
    """A worker of its own: it has its own name, stream and sender, like a process."""

    made: ClassVar[list[Worker]] = []

    def __init__(self) -> None:
        self.runtime = Runtime()
        self.turns = 0
        self.made.append(self)

    @classmethod
    def stop_all(cls) -> None:
        """Their threads follow nothing any more; called when their cluster is another test's."""
        while cls.made:
            cls.made.pop().runtime.stop()

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
