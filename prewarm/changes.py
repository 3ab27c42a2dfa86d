"""What changed in a task since a reader last looked: readers follow a number and skip nothing.

Every transaction raises the task's counter and gives its rows that value, under the task's lock, so a value once seen
is never given again.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.db.models import QuerySet
from rest_framework import serializers

from prewarm.models import NodeResult, Task
from prewarm.node_results import NodeResultSchema, node_results
from prewarm.serializers import EventSerializer, TaskDetail
from prewarm.waiting import waits_for

MOST_NODES, MOST_EVENTS = 500, 1000


class EventsAnswer(serializers.Serializer[dict[str, Any]]):
    """Lines of a task's history; ask again with `after` = `change`, at once where there is `more`."""

    results = EventSerializer(many=True)
    change = serializers.IntegerField()
    more = serializers.BooleanField()


class ChangesAnswer(serializers.Serializer[dict[str, Any]]):
    """The task as it is now, and what is new; ask again with `after` = `change`, at once where there is `more`."""

    change = serializers.IntegerField()
    task = TaskDetail()
    nodes = NodeResultSchema(many=True)
    events = EventSerializer(many=True)
    more = serializers.BooleanField()


def etag(task: Task) -> str:
    """Of all that a reader is told: the counter, and what is found out when somebody looks, which no counter counts."""
    found_out = hashlib.sha256(orjson.dumps(waits_for(task))).hexdigest()[:16]
    return f'W/"{task.pk.hex}-{task.change}-{found_out}"'


def changes(task: Task, after: int) -> dict[str, Any]:
    """Changed node results and events, at most about 500 nodes and 1,000 events; `more` means: ask again at once.

    The counter is read before the rows, so what is committed meanwhile is told now or again next time, never skipped.
    """
    rows = NodeResult.objects.filter(task=task, change__gt=after).order_by("change", "pk")
    lines = task.events.filter(change__gt=after)
    ends = [end for end in (_end_of(rows, MOST_NODES), _end_of(lines, MOST_EVENTS)) if end]
    if ends:
        rows, lines = rows.filter(change__lte=min(ends)), lines.filter(change__lte=min(ends))
    return {
        "change": min(ends) if ends else max(task.change, after),
        "task": TaskDetail(task).data,
        "nodes": node_results(task, rows.select_related("batch")),
        "events": EventSerializer(lines, many=True).data,
        "more": bool(ends),
    }


def events(task: Task, after: int) -> dict[str, Any]:
    """The task's history alone, at most about 1,000 lines; `more` means: ask again, from `change`."""
    lines = task.events.filter(change__gt=after)
    end = _end_of(lines, MOST_EVENTS)
    if end:
        lines = lines.filter(change__lte=end)
    return {
        "results": EventSerializer(lines, many=True).data,
        "change": end or max(task.change, after),
        "more": bool(end),
    }


def _end_of(rows: QuerySet[Any], most: int) -> int:
    """Up to which change an answer of about so many rows goes; 0 where all fit.

    Rows of one transaction are never torn apart.
    """
    tail = list(rows.values_list("change", flat=True)[most - 1 : most + 1])
    return tail[0] if len(tail) == 2 and rows.filter(change__gt=tail[0]).exists() else 0
