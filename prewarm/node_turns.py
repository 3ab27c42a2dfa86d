"""Whose turn it is on a node that several tasks want: one pull job at a time, and in the order of the tasks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db.models import Count, F, Q

from prewarm import order
from prewarm.dispatch import NODE_BUSY, Candidate
from prewarm.models import NodeResult, NodeStatus, Task


def our_turn(task: Task, candidates: list[Candidate], now: datetime) -> list[Candidate]:
    """Those of the candidates, whose nodes are free, that no task before this one in the order could use now.

    Tasks of the same tenant and no higher priority are left out: among them a node goes to whoever comes first.
    """
    if not candidates:
        return []
    wanted = _wanted_by_others(task, [candidate.result.node for candidate in candidates], now)
    if not wanted:
        return candidates
    in_flight = Counter(order.in_flight_by_tenant())
    ours = _place(task, in_flight, now)
    taken = {row.node for row in wanted if _place(row.task, in_flight, now) < ours}
    return [candidate for candidate in candidates if candidate.result.node not in taken]


def _wanted_by_others(task: Task, nodes: list[str], now: datetime) -> list[NodeResult]:
    """What is pending there in batches that somebody looks after, that have room, and wait for nothing else."""
    before_us = ~Q(task__tenant=task.tenant_id) | Q(task__priority__gt=task.priority) | Q(task__urgent=True)
    may_start = Q(task__cancel_requested_at=None, task__paused_at=None, waits_for__in=("", NODE_BUSY))
    room = Q(task__in_flight__lt=F("task__concurrency") * F("task__parallel_batches"), pulls__lt=F("task__concurrency"))
    batches = order.reachable(now).filter(before_us, may_start).exclude(task=task).annotate(pulls=Count("slots"))
    able = list(batches.filter(room).values_list("pk", flat=True))
    if not able:
        return []
    its_time_has_come = Q(not_before=None) | Q(not_before__lte=now)
    rows = NodeResult.objects.filter(its_time_has_come, batch__in=able, status=NodeStatus.PENDING, node__in=nodes)
    of_task = ("tenant", "urgent", "priority", "created_at")
    return list(rows.select_related("task").only("node", *(f"task__{name}" for name in of_task)))


def _place(task: Task, in_flight: Counter[str], now: datetime) -> tuple[bool, int, tuple[float, datetime, str]]:
    """Least first, as in `order.share_of`."""
    held = 0 if task.urgent else in_flight[str(task.tenant_id)]
    return (not task.urgent, held, order.rank(str(task.pk), task.priority, task.created_at, now))
