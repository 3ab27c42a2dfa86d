"""Who goes first when limits are short.

Between tenants the one with least in flight; within a tenant by priority (10 first), one step up for every ten minutes
of waiting, then by age; urgent tasks before all. Nothing is pre-empted: the order decides only about free places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from prewarm.models import Batch, BatchStatus, Limit, NodeSlot, Task
from prewarm.models.limit import limit_names

STEP_UP_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Waiting:
    """A task with nodes that could be dispatched if limits allowed."""

    task: str
    tenant: str
    urgent: bool
    priority: int
    since: datetime
    hosts: tuple[str, ...]
    wants: int

    def limits(self) -> list[str]:
        return limit_names(list(self.hosts), self.tenant)

    def rank(self, now: datetime) -> tuple[float, datetime, str]:
        """Its place within its tenant, least first."""
        return rank(self.task, self.priority, self.since, now)


@dataclass(frozen=True)
class Share:
    """How many places a task may take, and how much of each limit those before it will."""

    places: int
    ahead: dict[str, int]


def rank(task: str, priority: int, since: datetime, now: datetime) -> tuple[float, datetime, str]:
    """A task's place within its tenant, least first."""
    steps = max(0, (now - since) // STEP_UP_EVERY)
    return (-(priority + steps), since, task)


Place = tuple[bool, int, tuple[float, datetime, str]]


def place(task: Task, in_flight: Mapping[str, int], now: datetime) -> Place:
    """A task's place among all, least first, as `share_of` plays it through."""
    held = 0 if task.urgent else in_flight.get(str(task.tenant_id), 0)
    return (not task.urgent, held, rank(str(task.pk), task.priority, task.created_at, now))


def reachable(now: datetime) -> QuerySet[Batch]:
    """Open batches, but those that nobody has held or claimed for 10 s: nobody would use what is left to them."""
    claimed = Q(lease_until__gt=now) | Q(due_at__gt=now - timedelta(seconds=settings.UNCLAIMED_SECONDS))
    return Batch.objects.filter(claimed, status=BatchStatus.OPEN)


def waiting_tasks(now: datetime) -> list[Waiting]:
    """All tasks that wait for a place."""
    rows = (
        reachable(now)
        .filter(waiting__gt=0)
        .filter(task__cancel_requested_at=None, task__paused_at=None)
        .values(
            "task_id",
            "task__tenant_id",
            "task__urgent",
            "task__priority",
            "task__created_at",
            "task__hosts",
            "task__concurrency",
            "task__parallel_batches",
            "task__in_flight",
        )
        .annotate(wants=Sum("waiting"))
        .order_by()
    )
    return [
        Waiting(
            task=str(row["task_id"]),
            tenant=str(row["task__tenant_id"]),
            urgent=row["task__urgent"],
            priority=row["task__priority"],
            since=row["task__created_at"],
            hosts=tuple(row["task__hosts"]),
            wants=max(
                0, min(row["wants"], row["task__concurrency"] * row["task__parallel_batches"] - row["task__in_flight"])
            ),
        )
        for row in rows
    ]


def in_flight_by_tenant() -> dict[str, int]:
    counts = NodeSlot.objects.values("tenant_id").annotate(n=Count("pk")).order_by()
    return {str(row["tenant_id"]): row["n"] for row in counts}


def share_of(
    task: str, waiting: Iterable[Waiting], in_flight: Mapping[str, int], limits: Mapping[str, Limit], now: datetime
) -> Share:
    """What `task` may take now.

    The order is played through place by place: the tenant with least in flight gets the next one for its first task
    that its limits allow, until `task` has all that it wants or nothing more fits.
    """
    room = {name: int(limit.cap - limit.used) for name, limit in limits.items()}
    queue = sorted(waiting, key=lambda entry: (not entry.urgent, entry.rank(now)))
    left = {entry.task: entry.wants for entry in queue}
    held = Counter(dict(in_flight))
    before: Counter[str] = Counter()
    share = Share(0, {})
    while left.get(task, 0) > 0:
        able = [entry for entry in queue if left[entry.task] > 0 and _fits(entry, room)]
        if not able:
            break
        entry = min(able, key=lambda entry: (not entry.urgent, held[entry.tenant] if not entry.urgent else 0))
        left[entry.task] -= 1
        held[entry.tenant] += 1
        for name in entry.limits():
            if name in room:
                room[name] -= 1
        if entry.task == task:
            share = Share(share.places + 1, dict(before))
        else:
            before.update(entry.limits())
    return share


def _fits(entry: Waiting, room: Mapping[str, int]) -> bool:
    return all(room.get(name, 1) > 0 for name in entry.limits())
