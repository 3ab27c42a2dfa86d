"""How a task moves on: its counter, its clock, its batches, its end.

Every function here runs inside a transaction that holds the task's row.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from prewarm import history, task_clock
from prewarm.models import Batch, BatchStatus, NodeResult, NodeStatus, Task
from prewarm.tallies import count_finished

COUNTED = ("pending", "active", "succeeded", "failed", "skipped", "cancelled")
_WRITTEN = (
    *COUNTED,
    "desired",
    "in_flight",
    "open_batches",
    "status",
    "reason",
    "stop_reason",
    "cancel_requested_at",
    "paused_at",
    "waiting_reason",
    "waiting_since",
    "started_at",
    "finished_at",
    "planned_at",
    "timeout_seconds",
    "clock_seconds",
    "clock_at",
)


def lock(task_id: UUID, **conditions: Any) -> Task | None:
    """Raise the task's counter, which locks its row, and read it. None when the conditions do not hold (any more)."""
    if Task.objects.filter(pk=task_id, **conditions).update(change=F("change") + 1) != 1:
        return None
    return Task.objects.defer("node_names").get(pk=task_id)


def save(task: Task, now: datetime) -> None:
    """Write the locked task back, and its clock with it. A task that this transaction ends is counted."""
    task_clock.bring_up_to(task, now)
    task.save(update_fields=_WRITTEN)
    if task.finished_at == now:
        count_finished(task)


def close_drained(task: Task, batch_ids: Collection[int], now: datetime) -> bool:
    """Every node of these batches was dispatched once: they make room for the next. True when one was opened."""
    if not batch_ids:
        return False
    Batch.objects.filter(pk__in=batch_ids).update(dispatching=False)
    return open_batches(task, now) > 0


def open_batches(task: Task, now: datetime) -> int:
    """Open as many planned batches as may run now; how many were opened.

    `parallel_batches` run side by side, and one that has nothing left to dispatch makes room for the next; with
    `strict_waves` only its end does. The first wave runs alone, to its end.
    """
    opened = Batch.objects.filter(task=task, status=BatchStatus.OPEN, number__gt=0)
    alone = has_first_wave(task) and not Batch.objects.filter(task=task, number=1, status=BatchStatus.ENDED).exists()
    running = opened.count() if task.strict_waves or alone else opened.filter(dispatching=True).count()
    room = (1 if alone else task.parallel_batches) - running
    if room <= 0 or task.stop_reason:
        return 0
    planned = Batch.objects.filter(task=task, status=BatchStatus.PLANNED).order_by("number")
    chosen = list(planned.values_list("pk", flat=True)[:room])
    return Batch.objects.filter(pk__in=chosen).update(status=BatchStatus.OPEN, due_at=now)


def has_first_wave(task: Task) -> bool:
    """Whether batch 1 is a first wave: where as many nodes or fewer were left to pull on, nothing comes after it."""
    if not task.first_wave or not Batch.objects.filter(task=task, number=2).exists():
        return False
    return NodeResult.objects.filter(task=task, batch__number=1).count() == task.first_wave


def end_batches(task: Task, batch_ids: list[int], now: datetime) -> None:
    """Close batches whose last slot is back; the last one of all ends the task."""
    ended = Batch.objects.filter(pk__in=batch_ids).exclude(status=BatchStatus.ENDED)
    task.open_batches -= ended.update(
        status=BatchStatus.ENDED, holder="", lease_until=None, waiting=0, waits_for="", dispatching=False
    )
    if task.open_batches == 0:
        finish(task, now)


def finish(task: Task, now: datetime) -> None:
    status, reason = task.outcome()
    task.status, task.reason, task.finished_at = status, reason, now
    task.waiting_reason, task.waiting_since = "", None
    history.tell_finished(task, now)


def request_stop(task: Task, reason: str, now: datetime) -> None:
    """Start nothing more, for this reason; whoever holds its batches, or claims them next, brings it to its end."""
    task.stop_reason, task.cancel_requested_at = reason, now
    task.waiting_reason, task.waiting_since = "", None
    wake(task, now)


def stop_after_first_wave(task: Task, now: datetime) -> None:
    """Start nothing more if the first wave ends without one good node and with a bad one: the rest would fare alike."""
    if task.stop_reason or not has_first_wave(task):
        return
    wave = NodeResult.objects.filter(task=task, batch__number=1)
    if wave.filter(status=NodeStatus.SUCCEEDED).exists() or not wave.filter(status=NodeStatus.FAILED).exists():
        return
    request_stop(task, "first_wave_failed", now)
    history.tell_first_wave_failed(task, now)


def stop_at_failure_limit(task: Task, now: datetime) -> None:
    """Start nothing more once as many nodes failed as the task allows."""
    allowed = task.failures_allowed
    if allowed is None or task.failed < allowed or task.stop_reason or not task.pending:
        return
    request_stop(task, "failure_limit", now)
    history.tell_failure_limit(task, now)


def wake(task: Task, now: datetime) -> None:
    """Let somebody look at every batch that is not over."""
    Batch.objects.filter(task=task).exclude(status=BatchStatus.ENDED).update(due_at=now)
