"""What happened, for whoever wants to tell others of it. Other apps listen; this one does not know who they are.

A listener is called inside the transaction of what it hears of, so that what it writes is there exactly when that is.
It may ask one indexed question and insert rows; it locks nothing that is there, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from accounts.models import Tenant
from prewarm.models import Task

# The lines of a task's history that are announced. How it ends is announced as its status: `task.partial`.
OF_TASKS = frozenset({"created", "started", "stopped", "cancel_requested", "paused", "resumed", "finished"})
_COUNTS = ("desired", "pending", "active", "succeeded", "failed", "skipped", "cancelled")


@dataclass(frozen=True)
class Event:
    """One thing that happened in a tenant.

    `kind` is what it is about and what happened (`task.failed`, `schedule.missed`), `about` the id of that; `facts` are
    JSON, as things were at that moment; `named` are webhooks that whoever asked for it named.
    """

    kind: str
    tenant_id: UUID
    at: datetime
    about: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    task: UUID | None = None
    schedule: UUID | None = None
    named: Sequence[str] = ()


class Listener(Protocol):
    """Somebody who tells others."""

    def hear(self, event: Event) -> None:
        """Write down what is to be told, in the transaction that is open."""

    def check(self, named: Sequence[UUID], tenant: Tenant) -> None:
        """Raises Invalid (422) for an id among `webhooks` that this tenant has not got."""


_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """From now on this one hears of everything; called once, when its app is ready."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(event: Event) -> None:
    for listener in _listeners:
        listener.hear(event)


def announce_task(task: Task, kind: str, text: str, now: datetime) -> None:
    """Announce a line of a task's history, if it is one that others are told of."""
    if kind in OF_TASKS and _listeners:
        announce(_of_task(task, task.status if kind == "finished" else kind, text, now))


def check_named(named: Sequence[UUID], tenant: Tenant) -> list[str]:
    """The ids of webhooks that a request names, as a task keeps them. Raises Invalid (422)."""
    for listener in _listeners if named else ():
        listener.check(named, tenant)
    return list(dict.fromkeys(map(str, named)))


def _of_task(task: Task, happened: str, text: str, now: datetime) -> Event:
    facts = {
        "id": str(task.pk),
        "title": task.title[:200],
        "status": task.status,
        "reason": task.reason or task.stop_reason,
        "asked_by": task.actor,
        "images": len(task.images),
        "target": task.target[:200] if "node_names" not in task.get_deferred_fields() else "",
        "nodes": {name: getattr(task, name) for name in _COUNTS},
        "created_at": _told(task.created_at),
        "started_at": _told(task.started_at),
        "finished_at": _told(task.finished_at),
        "trigger": task.trigger,
        "cause": task.cause,
        "retry_of": str(task.retry_of_id) if task.retry_of_id else None,
        "request_id": task.request_id,
    }
    schedule = getattr(task, "schedule_id", None)
    return Event(
        f"task.{happened}", task.tenant_id, now, str(task.pk), text, facts, task.pk, schedule, task.webhooks or ()
    )


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


Chore = Callable[[datetime], None]
_chores: list[Chore] = []


def at_each_tick(chore: Chore) -> None:
    """From now on this is done at each tick too, with the database's time; it must be quick, and harmless twice."""
    if chore not in _chores:
        _chores.append(chore)


def chores() -> Sequence[Chore]:
    return tuple(_chores)
