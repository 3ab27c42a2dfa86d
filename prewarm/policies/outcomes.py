"""What a policy's own tasks are at, and what became of what they asked for: pairs, by node and image."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from prewarm.image_results import Outcome, read
from prewarm.marks import mark_of
from prewarm.models import AskedPairs, NodeResult, Policy, Task

Pair = tuple[str, bytes]  # a node, and the mark of an image


class Ending(NamedTuple):
    """How a pair ended: a reason, empty for warm, and when, in milliseconds since the epoch.

    `tried`: a pull failed. What was skipped, cancelled or never planned says nothing about the image.
    """

    reason: str
    at: int
    tried: bool = False


@dataclass
class Outcomes:
    """`busy` pairs are in a task that is not over, with its id; `ended` ones have an outcome that is new to the policy.

    `left` are those tasks that a later pass has to look at again, `unfinished` how many of them still run.
    """

    busy: dict[Pair, UUID] = field(default_factory=dict)
    ended: dict[Pair, Ending] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    unfinished: int = 0


def outcomes(policy: Policy) -> Outcomes:
    """Asked of the tasks that are not over, and of those whose results were not taken over yet: four statements."""
    mine = Task.objects.filter(policy=policy).filter(Q(finished_at=None) | Q(pk__in=policy.unabsorbed))
    tasks = {task.pk: task for task in mine.only("pk", "images", "finished_at", "planned_at", "reason")}
    found = Outcomes(unfinished=sum(task.finished_at is None for task in tasks.values()))
    found.left = [str(pk) for pk, task in tasks.items() if task.finished_at is None]
    if not tasks:
        return found
    marks = {pk: [mark_of(image) for image in task.images] for pk, task in tasks.items()}
    asked = AskedPairs.objects.filter(task__in=[pk for pk, task in tasks.items() if task.planned_at is None])
    for pk, groups in asked.values_list("task", "groups"):
        for indexes, nodes in groups:
            for node in nodes:
                _never_planned(found, tasks[pk], [(node, marks[pk][index]) for index in indexes])
    results = NodeResult.objects.filter(task__in=list(tasks)).values_list("task", "node", "images", "finished_at")
    for pk, node, images, finished_at in results.iterator(chunk_size=2000):
        running = tasks[pk].finished_at is None
        _take(found, pk, running, node, images, marks[pk], finished_at)
    return found


def _never_planned(found: Outcomes, task: Task, pairs: list[Pair]) -> None:
    """Not yet, or the task ended before it could be."""
    if task.finished_at is None:
        found.busy.update(dict.fromkeys(pairs, task.pk))
    else:
        at = int(task.finished_at.timestamp() * 1000)
        found.ended.update(dict.fromkeys(pairs, Ending(task.reason or "cancelled", at)))


def _take(
    found: Outcomes,
    task: UUID,
    running: bool,
    node: str,
    images: Iterable[list[Any]],
    marks: list[bytes],
    finished_at: datetime | None,
) -> None:
    """An image that is pulled counts at once; what failed, once its task is over."""
    at = int(finished_at.timestamp() * 1000) if finished_at else 0
    for image in read(images):
        pair = (node, marks[image.index])
        if running and not (finished_at and image.warm):
            found.busy[pair] = task
        if not finished_at or (running and not image.warm) or image.open:
            continue
        before = found.ended.get(pair)
        if before is None or before.at < at:
            reason = "" if image.warm else image.reason or "pull_failed"
            found.ended[pair] = Ending(reason, at, tried=image.outcome == Outcome.FAILED)
