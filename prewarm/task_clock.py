"""A task's own clock, which `timeout_seconds` is held against.

It starts with the first dispatch. It stands still while the task is paused, while the intake is paused and outside of
the windows, whatever is still in flight then: a task shall not lose time that was taken from it. Otherwise it runs
while a pull job is in flight, and while nothing is in flight for the task's own sake: the back-off between attempts.
It stands still while nothing is in flight and the task waits for others: a limit, a busy node, the cluster.

`clock_at` says since when it runs and is not yet counted in `clock_seconds`; None while it stands still.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from prewarm.intake import intake
from prewarm.models import Task

SET_BACK = timedelta(minutes=1)


def runs(task: Task, now: datetime) -> bool:
    """Whether the clock should run now."""
    if task.started_at is None or task.finished or task.paused_at or intake(now, task.tenant_id).waits_for:
        return False
    return task.in_flight > 0 or not task.waiting_reason


def elapsed(task: Task, now: datetime) -> float:
    """Seconds on the clock."""
    if task.clock_at is None:
        return task.clock_seconds
    return task.clock_seconds + max(0.0, (_until(task, now) - task.clock_at).total_seconds())


def bring_up_to(task: Task, now: datetime) -> None:
    """Count what has run, and let it run on or stand still. Inside a transaction that holds the task's row."""
    task.clock_seconds = elapsed(task, now)
    task.clock_at = _later(now, task.clock_at) if runs(task, now) else None


def _until(task: Task, now: datetime) -> datetime:
    """Nobody may have looked at the moment when the task was paused or a window closed."""
    return min(now, task.paused_at or intake(now, task.tenant_id).since or now)


def _later(now: datetime, known: datetime | None) -> datetime:
    """Workers look at the time before they get the row, so the latest look stands; unless the clock was set back."""
    return now if known is None or known - now > SET_BACK else max(now, known)
