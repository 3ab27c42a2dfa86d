"""Wishes about a task: cancel, pause, go on, time is up. Whoever holds its batches carries them out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from accounts.audit import audit
from accounts.models import User
from prewarm import history, progress, task_clock
from prewarm.clock import database_now
from prewarm.doorbell import ring_turns
from prewarm.models import FINISHED, Task
from prewarm.transactions import retried


class StatusForbids(Exception):
    """The task's status does not allow this move; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Asker(NamedTuple):
    """Who asks, as history and audit name them; `user` and `request_id` where a request brought it."""

    actor: str
    user: User | None = None
    request_id: str = ""


Move = Callable[[Task, str, datetime], bool]


def cancel(task: Task, by: Asker | str) -> Task:
    """Start nothing more and end what runs. Asking again is harmless. Raises StatusForbids for a finished task."""
    return _wish(task, "task.cancelled", _cancel, by, wakes=True)


def pause(task: Task, by: Asker | str) -> Task:
    """Start nothing more for now; what runs goes on."""
    return _wish(task, "task.paused", _pause, by)


def resume(task: Task, by: Asker | str) -> Task:
    return _wish(task, "task.resumed", _resume, by, wakes=True)


def keep_clock(task: Task, now: datetime) -> None:
    """Let the task's clock run or stand still where a window, or the intake, has opened or closed."""
    if task.finished or (task.clock_at is not None) == task_clock.runs(task, now):
        return

    def work() -> Task | None:
        locked = progress.lock(task.pk, finished_at=None)
        if locked:
            progress.save(locked, now)
        return locked

    if locked := retried(work):
        task.clock_seconds, task.clock_at, task.change = locked.clock_seconds, locked.clock_at, locked.change


def stop_overdue(task: Task, now: datetime) -> None:
    """Stop a task whose clock has run out; `task` is brought up to date."""
    if task.stop_reason or task.finished or task_clock.elapsed(task, now) <= task.timeout_seconds:
        return
    _stop(task, "task_timeout", history.tell_out_of_time, now)


def give_up(task: Task, now: datetime) -> None:
    """Stop a task whose planning every worker died of; `task` is brought up to date."""
    _stop(task, "worker_lost", history.tell_given_up, now)


def refuse(task: Task, now: datetime) -> None:
    """Stop a task that turned out too big when it was planned; `task` is brought up to date."""
    _stop(task, "too_big", history.tell_too_big, now)


def _stop(task: Task, reason: str, tell: Callable[[Task, datetime], None], now: datetime) -> None:
    def work() -> None:
        progress.wake(task, now)  # its batches before the task, as settlements lock them
        locked = progress.lock(task.pk, stop_reason="", finished_at=None)
        if locked is None:
            return
        progress.request_stop(locked, reason, now)
        tell(locked, now)
        progress.save(locked, now)

    retried(work)
    task.refresh_from_db(fields=["stop_reason", "cancel_requested_at", "change"])


def _wish(task: Task, action: str, move: Move, by: Asker | str, *, wakes: bool = False) -> Task:
    """Write the wish down, and who had it in the audit; a wish that changes nothing is not told twice.

    One that `wakes` the task's batches does so first: settlements lock batches before their task.
    """
    who = Asker(by) if isinstance(by, str) else by

    def work() -> Task:
        now = database_now()
        if wakes:
            progress.wake(task, now)
        locked = progress.lock(task.pk)
        if locked is None:
            raise StatusForbids("task_gone", "The task no longer exists.")
        if locked.status in FINISHED:
            raise StatusForbids("task_finished", f"The task has {locked.status} already.")
        if move(locked, who.actor, now):
            audit(action, str(locked.pk), **who._asdict(), tenant=locked.tenant)
        transaction.on_commit(ring_turns)
        return locked

    return retried(work)


def _cancel(task: Task, actor: str, now: datetime) -> bool:
    changes = task.stop_reason != "cancelled"
    if changes:
        progress.request_stop(task, "cancelled", now)
        history.tell_cancel_requested(task, now, actor)
        progress.save(task, now)
    return changes


def _pause(task: Task, actor: str, now: datetime) -> bool:
    changes = task.paused_at is None
    if changes:
        task.paused_at = now
        progress.save(task, now)
        history.tell_paused(task, now, actor)
    return changes


def _resume(task: Task, actor: str, now: datetime) -> bool:
    changes = task.paused_at is not None
    if changes:
        task_clock.bring_up_to(task, now)
        task.paused_at = None
        progress.save(task, now)
        history.tell_resumed(task, now, actor)
    return changes
