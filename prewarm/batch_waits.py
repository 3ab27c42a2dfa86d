"""What a task waits for, and since when.

Each batch says it for itself, written by its holder; the task says what its first waiting batch says. So two workers
that hold batches of one task do not overrule each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from prewarm import progress
from prewarm.claims import fence_each
from prewarm.models import Batch, BatchStatus, Task
from prewarm.transactions import retried


@dataclass(frozen=True)
class Waits:
    """What one batch waits for: a limit's name or a word; and how many nodes could start if limits allowed."""

    reason: str = ""
    nodes: int = 0


def tell(task: Task, waits: Mapping[Batch, Waits], now: datetime) -> None:
    """Write what is new in one transaction; `task` and the batches are brought up to date."""
    changed = {
        batch: what for batch, what in waits.items() if (batch.waits_for, batch.waiting) != (what.reason, what.nodes)
    }
    if not changed:
        return

    def work() -> Task | None:
        ours = fence_each({batch: {"waits_for": what.reason, "waiting": what.nodes} for batch, what in changed.items()})
        if all(batch.waits_for == what.reason for batch, what in changed.items() if batch.pk in ours):
            return None
        locked = progress.lock(task.pk, finished_at=None)
        if locked:
            follow_batches(locked, now)
            progress.save(locked, now)
        return locked

    locked = retried(work)
    for batch, what in changed.items():
        batch.waits_for, batch.waiting = what.reason, what.nodes
    if locked:
        task.waiting_reason, task.waiting_since, task.change = (
            locked.waiting_reason,
            locked.waiting_since,
            locked.change,
        )
        task.clock_seconds, task.clock_at = locked.clock_seconds, locked.clock_at


def follow_batches(task: Task, now: datetime) -> None:
    """Let the locked task say what its first waiting batch says."""
    waiting = Batch.objects.filter(task=task, status=BatchStatus.OPEN).exclude(waits_for="").order_by("number")
    say(task, waiting.values_list("waits_for", flat=True).first() or "", now)


def say(task: Task, reason: str, now: datetime) -> None:
    """The locked task waits for this from now on; for the same as before, since before."""
    if task.waiting_reason != reason:
        task.waiting_reason, task.waiting_since = reason, now if reason else None
