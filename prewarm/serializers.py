"""How tasks, node results, events and nodes look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prewarm import kubectl
from prewarm.image_results import Outcome
from prewarm.models import (
    Node,
    Puller,
    PullPolicy,
    Task,
    TaskEvent,
    TaskStatus,
    Trigger,
)
from prewarm.progress import COUNTED
from prewarm.reason_groups import Group, reason_groups
from prewarm.reasons import hint_for
from prewarm.waiting import Holder, Wait, in_words, waits_for


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
    named_nodes = serializers.SerializerMethodField(help_text="How many were named; the task itself has their names.")
    created_by = serializers.CharField(source="actor")
    status = serializers.ChoiceField(TaskStatus.choices)
    trigger = serializers.ChoiceField(Trigger.choices)
    puller = serializers.ChoiceField(Puller.choices)
    pull_policy = serializers.ChoiceField(PullPolicy.choices)
    counts = serializers.SerializerMethodField()
    hint = serializers.SerializerMethodField()
    waiting_text = serializers.SerializerMethodField(help_text='Ends the sentence "waiting for …".')
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True)
    policy = serializers.UUIDField(source="policy_id", allow_null=True)

    class Meta:
        model = Task
        fields = (
            "id",
            "tenant",
            "name",
            "images",
            "node_selector",
            "named_nodes",
            "all_nodes",
            "include_cordoned",
            "batch_size",
            "concurrency",
            "parallel_batches",
            "priority",
            "urgent",
            "timeout_seconds",
            "timeout_by_estimate",
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
            "waiting_text",
            "waiting_since",
            "paused_at",
            "cancel_requested_at",
            "created_by",
            "created_at",
            "started_at",
            "finished_at",
            "retry_of",
            "trigger",
            "cause",
            "policy",
            "change",
            "request_id",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.IntegerField)
    def get_named_nodes(self, task: Task) -> int:
        return int(vars(task)["named_nodes"])  # counted by `for_lists`

    @extend_schema_field(Counts)
    def get_counts(self, task: Task) -> dict[str, int]:
        return {name: getattr(task, name) for name in ("desired", *COUNTED)}

    @extend_schema_field(serializers.CharField)
    def get_hint(self, task: Task) -> str:
        return hint_for(task.reason)

    @extend_schema_field(serializers.CharField)
    def get_waiting_text(self, task: Task) -> str:
        return in_words(task.waiting_reason)


class ReasonGroup(serializers.Serializer[Group]):
    """Nodes that are not warm for one reason, with the message that most of them had, and the first nodes by name.

    `look_closer` are lines of kubectl; `{node}` in them stands for a node's name.
    """

    reason = serializers.CharField()
    hint = serializers.CharField()
    nodes = serializers.IntegerField()
    message = serializers.CharField()
    images = serializers.ListField(child=serializers.CharField())
    examples = serializers.ListField(child=serializers.CharField())
    look_closer = serializers.ListField(child=serializers.CharField())


class HolderSchema(serializers.Serializer[Holder]):
    """A task that has what another waits for."""

    task = serializers.UUIDField()
    title = serializers.CharField()
    pull_jobs = serializers.IntegerField()


class WaitSchema(serializers.Serializer[Wait]):
    """What a task waits for. `text` ends the sentence "waiting for …"; `until` is known where a time is waited for."""

    reason = serializers.CharField()
    text = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    held_by = HolderSchema(many=True)


class ImageGroup(serializers.Serializer[dict[str, Any]]):
    """On how many nodes an image ended in one way."""

    image = serializers.CharField()
    outcome = serializers.ChoiceField(Outcome.choices)
    reason = serializers.CharField()
    nodes = serializers.IntegerField()


class TaskDetail(TaskSerializer):
    """A task with the names of its nodes, its failures grouped, its images counted, and what it waits for."""

    reasons = serializers.SerializerMethodField()
    image_counts = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()
    look_closer = serializers.SerializerMethodField(help_text="Lines of kubectl that show the task in the cluster.")

    class Meta:
        model = Task
        fields = (*TaskSerializer.Meta.fields, "node_names", "reasons", "image_counts", "waiting", "look_closer")
        read_only_fields = fields

    def get_named_nodes(self, task: Task) -> int:
        return len(task.node_names)

    @extend_schema_field(ReasonGroup(many=True))
    def get_reasons(self, task: Task) -> list[Group]:
        return reason_groups(task)

    @extend_schema_field(WaitSchema(allow_null=True))
    def get_waiting(self, task: Task) -> Wait | None:
        return waits_for(task)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_look_closer(self, task: Task) -> list[str]:
        if task.reason == "no_nodes":
            return [kubectl.nodes_with(task.node_selector)] if task.node_selector else [kubectl.NODES]
        return [] if task.finished else [kubectl.pull_jobs_of(task.pk)]

    @extend_schema_field(ImageGroup(many=True))
    def get_image_counts(self, task: Task) -> list[dict[str, Any]]:
        return [
            {"image": task.images[row.image], "outcome": row.outcome, "reason": row.reason, "nodes": row.nodes}
            for row in task.image_counts.order_by("image", "outcome", "reason")
        ]


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
