"""The batches of a task: how far each is, who holds it until when, and what it waits for."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TypedDict

from django.db.models import Count, Max, Min

from prewarm.models import Batch, BatchStatus, Task
from prewarm.waiting import in_words


class BatchStory(TypedDict):
    """`counts` are of nodes by status. `holder` is host and process; `waits_for` ends "waiting for …"."""

    number: int
    status: str
    nodes: int
    counts: dict[str, int]
    waits_for: str
    holder: str
    lease_until: datetime | None
    due_at: datetime
    lost_claims: int
    started_at: datetime | None
    finished_at: datetime | None


def batch_stories(task: Task) -> list[BatchStory]:
    """By number; the planning, number 0, only while it is not over."""
    counts: dict[int, Counter[str]] = {}
    times: dict[int, tuple[datetime | None, datetime | None]] = {}
    by_status = task.node_results.exclude(batch=None).values("batch_id", "status")
    for row in by_status.annotate(n=Count("pk"), first=Min("started_at"), last=Max("finished_at")).order_by():
        pk = row["batch_id"]
        counts.setdefault(pk, Counter())[row["status"]] = row["n"]
        known = times.get(pk, (None, None))
        times[pk] = (_first(known[0], row["first"]), _last(known[1], row["last"]))
    rows = [row for row in task.batches.order_by("number") if row.number or row.status != BatchStatus.ENDED]
    return [
        BatchStory(
            number=row.number,
            status=row.status,
            nodes=counts.get(row.pk, Counter()).total(),
            counts=dict(counts.get(row.pk, {})),
            waits_for=_waits_for(task, row),
            holder=":".join(row.holder.split(":")[:2]),
            lease_until=row.lease_until,
            due_at=row.due_at,
            lost_claims=row.lost_claims,
            started_at=times.get(row.pk, (None, None))[0],
            finished_at=times.get(row.pk, (None, None))[1] if row.status == BatchStatus.ENDED else None,
        )
        for row in rows
    ]


def _waits_for(task: Task, batch: Batch) -> str:
    if batch.status != BatchStatus.PLANNED:
        return in_words(batch.waits_for)
    if task.first_wave and batch.number > 1 and not task.batches.filter(number=1, status=BatchStatus.ENDED).exists():
        return "the first wave to end"
    return "a running batch to end" if task.strict_waves else "a running batch to have no node left to start"


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _last(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other
