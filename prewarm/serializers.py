"""How tasks, node results, events and nodes look in the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prewarm.image_results import Outcome, read
from prewarm.models import Message, Node, NodeResult, NodeStatus, Puller, PullPolicy, Task, TaskEvent, TaskStatus
from prewarm.progress import COUNTED
from prewarm.reasons import hint_for


class Counts(serializers.Serializer[Task]):
    """How many nodes are in which state; desired is the sum of the others."""

    desired = serializers.IntegerField()
    pending = serializers.IntegerField()
    active = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class TaskSerializer(serializers.ModelSerializer[Task]):
    """A task as lists show it."""

    tenant = serializers.CharField(source="tenant.slug")
    created_by = serializers.CharField(source="actor")
    status = serializers.ChoiceField(TaskStatus.choices)
    puller = serializers.ChoiceField(Puller.choices)
    pull_policy = serializers.ChoiceField(PullPolicy.choices)
    counts = serializers.SerializerMethodField()
    hint = serializers.SerializerMethodField()
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True)

    class Meta:
        model = Task
        fields = (
            "id",
            "tenant",
            "name",
            "images",
            "node_selector",
            "node_names",
            "all_nodes",
            "include_cordoned",
            "batch_size",
            "concurrency",
            "parallel_batches",
            "priority",
            "timeout_seconds",
            "pull_timeout_seconds",
            "max_attempts",
            "retry_backoff_seconds",
            "pull_policy",
            "pull_secrets",
            "failure_limit",
            "first_wave",
            "strict_waves",
            "allow_skipped",
            "puller",
            "status",
            "reason",
            "hint",
            "counts",
            "waiting_reason",
            "waiting_since",
            "paused_at",
            "cancel_requested_at",
            "created_by",
            "created_at",
            "started_at",
            "finished_at",
            "retry_of",
            "change",
            "request_id",
        )
        read_only_fields = fields

    @extend_schema_field(Counts)
    def get_counts(self, task: Task) -> dict[str, int]:
        return {name: getattr(task, name) for name in ("desired", *COUNTED)}

    @extend_schema_field(serializers.CharField)
    def get_hint(self, task: Task) -> str:
        return hint_for(task.reason)


class ReasonGroup(serializers.Serializer[dict[str, Any]]):
    """Nodes that are not warm for one reason, with one of the messages."""

    reason = serializers.CharField()
    hint = serializers.CharField()
    nodes = serializers.IntegerField()
    message = serializers.CharField()


class ImageGroup(serializers.Serializer[dict[str, Any]]):
    """On how many nodes an image ended in one way."""

    image = serializers.CharField()
    outcome = serializers.ChoiceField(Outcome.choices)
    reason = serializers.CharField()
    nodes = serializers.IntegerField()


class TaskDetail(TaskSerializer):
    """A task with its failures grouped and its images counted."""

    reasons = serializers.SerializerMethodField()
    image_counts = serializers.SerializerMethodField()

    class Meta:
        model = Task
        fields = (*TaskSerializer.Meta.fields, "reasons", "image_counts")
        read_only_fields = fields

    @extend_schema_field(ReasonGroup(many=True))
    def get_reasons(self, task: Task) -> list[dict[str, Any]]:
        return reason_groups(task)

    @extend_schema_field(ImageGroup(many=True))
    def get_image_counts(self, task: Task) -> list[dict[str, Any]]:
        return [
            {"image": task.images[row.image], "outcome": row.outcome, "reason": row.reason, "nodes": row.nodes}
            for row in task.image_counts.order_by("image", "outcome", "reason")
        ]


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


class NodeResultSchema(serializers.Serializer[dict[str, Any]]):
    """What happened on one node."""

    node = serializers.CharField()
    status = serializers.ChoiceField(NodeStatus.choices)
    reason = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    attempt = serializers.IntegerField()
    batch = serializers.IntegerField(allow_null=True)
    not_before = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    images = ImageOnNode(many=True)
    change = serializers.IntegerField()


class EventSerializer(serializers.ModelSerializer[TaskEvent]):
    class Meta:
        model = TaskEvent
        fields = ("change", "at", "kind", "text", "data")
        read_only_fields = fields


class NodeSerializer(serializers.ModelSerializer[Node]):
    """A node as the watcher last saw it."""

    images = serializers.SerializerMethodField()

    class Meta:
        model = Node
        fields = (
            "name",
            "ready",
            "unschedulable",
            "os",
            "arch",
            "labels",
            "taints",
            "images",
            "runtime",
            "kubelet_version",
            "seen_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.IntegerField)
    def get_images(self, node: Node) -> int:
        return len(node.images)


def node_results(task: Task, rows: Iterable[NodeResult]) -> list[dict[str, Any]]:
    """Node results as the API shows them; messages are read with one statement."""
    results = [(row, read(row.images)) for row in rows]
    ids = [image.message_id for _, images in results for image in images] + [row.message_id for row, _ in results]
    texts = dict(Message.objects.filter(pk__in={pk for pk in ids if pk}).values_list("pk", "text"))
    return [
        {
            "node": row.node,
            "status": row.status,
            "reason": row.reason,
            "message": texts.get(row.message_id or 0, ""),
            "hint": hint_for(row.reason),
            "attempt": row.charged_attempts,
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


def _seconds(row: NodeResult) -> float | None:
    if not row.started_at or not row.finished_at:
        return None
    return round((row.finished_at - row.started_at).total_seconds(), 3)


def reason_groups(task: Task) -> list[dict[str, Any]]:
    """Why nodes are not warm, most nodes first, each with a hint and one of the runtime's messages."""
    rows = (
        NodeResult.objects.filter(task=task)
        .exclude(reason="")
        .values("reason")
        .annotate(nodes=Count("pk"), message=Max("message_id"))
        .order_by("-nodes", "reason")
    )
    texts = dict(Message.objects.filter(pk__in=[row["message"] for row in rows]).values_list("pk", "text"))
    return [
        {
            "reason": row["reason"],
            "hint": hint_for(row["reason"]),
            "nodes": row["nodes"],
            "message": texts.get(row["message"], ""),
        }
        for row in rows
    ]
