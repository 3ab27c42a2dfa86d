"""Results for tests of the API: what happened on nodes, written as a settlement writes it."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from django.utils import timezone

from prewarm.image_counts import count_images
from prewarm.image_results import ImageResult, Outcome, write
from prewarm.models import Message, NodeResult, NodeStatus, Task, TaskStatus

OUTCOMES = {
    NodeStatus.PENDING: Outcome.OPEN,
    NodeStatus.PULLING: Outcome.OPEN,
    NodeStatus.SUCCEEDED: Outcome.PULLED,
    NodeStatus.FAILED: Outcome.FAILED,
    NodeStatus.SKIPPED: Outcome.SKIPPED,
    NodeStatus.CANCELLED: Outcome.CANCELLED,
}


def message_of(task: Task, text: str) -> Message | None:
    if not text:
        return None
    digest = hashlib.sha256(text.encode()).hexdigest()[:40]
    return Message.objects.get_or_create(task=task, hash=digest, defaults={"text": text})[0]


def happened(task: Task, node: str, status: str, reason: str = "", message: str = "", **values: Any) -> NodeResult:
    """One node's result, all images alike, in a transaction of its own; the task's counts and `change` follow."""
    task.refresh_from_db()
    task.change += 1
    outcome = OUTCOMES[NodeStatus(status)]
    said = message_of(task, message)
    images = [ImageResult(n, outcome, reason, message_id=said.pk if said else None) for n in range(len(task.images))]
    row = NodeResult.objects.create(
        **{
            "task": task,
            "node": node,
            "status": status,
            "reason": reason,
            "message": said,
            "images": write(images),
            "change": task.change,
            "finished_at": None if outcome == Outcome.OPEN else timezone.now(),
            **values,
        }
    )
    if outcome != Outcome.OPEN:
        count_images(task, Counter((image.index, str(outcome), reason) for image in images))
    column = "active" if status == NodeStatus.PULLING else status
    setattr(task, column, getattr(task, column) + 1)
    task.desired += 1
    task.save()
    return row


def end(task: Task) -> Task:
    """The task's end, as its counts mean it."""
    task.refresh_from_db()
    task.status, task.reason = task.outcome()
    task.finished_at = timezone.now()
    task.change += 1
    task.save()
    return task


def running(task: Task) -> Task:
    task.refresh_from_db()
    task.status, task.started_at, task.planned_at = TaskStatus.RUNNING, timezone.now(), timezone.now()
    task.change += 1
    task.save()
    return task
