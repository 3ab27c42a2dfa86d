"""What happened on the nodes of a task, as the API shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from prewarm.image_results import Outcome, read
from prewarm.models import Message, NodeAttempt, NodeResult, NodeStatus, Task
from prewarm.reasons import hint_for


class ImageOnNode(serializers.Serializer[dict[str, Any]]):
    """What happened to one image on one node. Unknown times and sizes are null, never a guess."""

    image = serializers.CharField()
    outcome = serializers.ChoiceField(Outcome.choices, allow_blank=True)
    reason = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    seconds = serializers.FloatField(
        allow_null=True, help_text="The pull alone; kubelets before 1.27 count waiting in it."
    )
    waited_seconds = serializers.FloatField(allow_null=True, help_text="In the kubelet's queue, before the pull.")
    bytes = serializers.IntegerField(allow_null=True)


class EarlierAttempt(serializers.Serializer[dict[str, Any]]):
    """An attempt on a node that was not enough, and why."""

    attempt = serializers.IntegerField()
    reason = serializers.CharField()
    message = serializers.CharField()
    ended_at = serializers.DateTimeField()


class NodeResultSchema(serializers.Serializer[dict[str, Any]]):
    """What happened on one node."""

    node = serializers.CharField()
    status = serializers.ChoiceField(NodeStatus.choices)
    reason = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    attempt = serializers.IntegerField()
    earlier = EarlierAttempt(many=True)
    batch = serializers.IntegerField(allow_null=True)
    not_before = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    images = ImageOnNode(many=True)
    change = serializers.IntegerField()


def node_results(task: Task, rows: Iterable[NodeResult]) -> list[dict[str, Any]]:
    """Node results as the API shows them; messages, and earlier attempts, are read with one statement."""
    results = [(row, read(row.images)) for row in rows]
    earlier = _earlier_attempts([row.pk for row, _ in results if row.charged_attempts > 1])
    ids = [image.message_id for _, images in results for image in images] + [row.message_id for row, _ in results]
    ids += [attempt.message_id for attempts in earlier.values() for attempt in attempts]
    texts = dict(Message.objects.filter(pk__in={pk for pk in ids if pk}).values_list("pk", "text"))
    return [
        {
            "node": row.node,
            "status": row.status,
            "reason": row.reason,
            "message": texts.get(row.message_id or 0, ""),
            "hint": hint_for(row.reason),
            "attempt": row.charged_attempts,
            "earlier": [
                {
                    "attempt": attempt.attempt,
                    "reason": attempt.reason,
                    "message": texts.get(attempt.message_id or 0, ""),
                    "ended_at": attempt.ended_at,
                }
                for attempt in earlier.get(row.pk, ())
            ],
            "batch": row.batch.number if row.batch else None,
            "not_before": row.not_before,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
            "seconds": _seconds(row),
            "images": [
                {
                    "image": task.images[image.index],
                    "outcome": image.outcome,
                    "reason": image.reason,
                    "message": texts.get(image.message_id or 0, ""),
                    "hint": hint_for(image.reason),
                    "seconds": None if image.milliseconds is None else image.milliseconds / 1000,
                    "waited_seconds": None if image.waited is None else image.waited / 1000,
                    "bytes": image.size,
                }
                for image in images
            ],
            "change": row.change,
        }
        for row, images in results
    ]


def _earlier_attempts(results: list[int]) -> dict[int, list[NodeAttempt]]:
    found: dict[int, list[NodeAttempt]] = {}
    if results:
        for attempt in NodeAttempt.objects.filter(node_result__in=results).order_by("attempt"):
            found.setdefault(attempt.node_result_id, []).append(attempt)
    return found


def _seconds(row: NodeResult) -> float | None:
    if not row.started_at or not row.finished_at:
        return None
    return round((row.finished_at - row.started_at).total_seconds(), 3)
