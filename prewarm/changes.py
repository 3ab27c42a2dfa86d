"""What changed in a task since a reader last looked: readers follow a number and skip nothing.

Every transaction raises the task's counter and gives its rows that value, under the task's lock, so a value once seen
is never given again.
"""

from __future__ import annotations

from typing import Any

from prewarm.models import NodeResult, Task
from prewarm.serializers import EventSerializer, TaskDetail, node_results

MOST_NODES = 500


def etag(task: Task) -> str:
    return f'W/"{task.pk.hex}-{task.change}"'


def changes(task: Task, after: int) -> dict[str, Any]:
    """Changed node results and events, at most about 500 nodes; `more` means: ask again at once, from `change`.

    The counter is read before the rows, so what is committed meanwhile is told now or again next time, never skipped.
    Rows of one transaction are never torn apart.
    """
    rows = NodeResult.objects.filter(task=task, change__gt=after).order_by("change", "pk")
    upto = task.change
    tail = list(rows.values_list("change", flat=True)[MOST_NODES - 1 : MOST_NODES + 1])
    more = len(tail) == 2
    if more:
        rows = rows.filter(change__lte=tail[0])
        more = NodeResult.objects.filter(task=task, change__gt=tail[0]).exists()
        upto = tail[0] if more else upto
    events = task.events.filter(change__gt=after)
    return {
        "change": max(upto, after),
        "task": TaskDetail(task).data,
        "nodes": node_results(task, rows.select_related("batch")),
        "events": EventSerializer(events.filter(change__lte=upto) if more else events, many=True).data,
        "more": more,
    }
