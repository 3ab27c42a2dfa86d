"""What happened on one node, image by image."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from prewarm.models.batch import Batch
from prewarm.models.task import Task


class NodeStatus(models.TextChoices):
    PENDING = "pending"
    PULLING = "pulling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class Message(models.Model):
    """A runtime's own words, at most 1 KB, kept once per task however many nodes say them."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    hash = models.CharField(max_length=40)
    text = models.TextField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "hash"], name="one_message_per_text")
        ]

    def __str__(self) -> str:
        return self.text[:80]


class NodeResult(models.Model):
    """One row per (task, node). `images` is compact JSON: see prewarm.image_results.

    `attempt` numbers the pull jobs made here, `recreated` of which were not the image's fault and are not charged;
    `part` counts pull jobs within one attempt (20 images each).
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="node_results")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, null=True, related_name="node_results")
    node = models.CharField(max_length=253)
    status = models.CharField(max_length=9, choices=NodeStatus, default=NodeStatus.PENDING)
    reason = models.CharField(max_length=32, blank=True)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=1)
    recreated = models.PositiveSmallIntegerField(default=0)
    part = models.PositiveSmallIntegerField(default=0)
    images = models.JSONField()
    not_before = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    change = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "node"], name="one_result_per_node")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["task", "change"], name="result_by_change"),
            models.Index(fields=["task", "status"], name="result_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.node} of {self.task_id}"

    @property
    def charged_attempts(self) -> int:
        return self.attempt - self.recreated


class NodeAttempt(models.Model):
    """An earlier attempt on a node: why it was not enough."""

    node_result = models.ForeignKey(NodeResult, on_delete=models.CASCADE, related_name="earlier")
    attempt = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=32)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["node_result", "attempt"], name="one_row_per_attempt")
        ]

    def __str__(self) -> str:
        return f"attempt {self.attempt} on {self.node_result_id}"


class ImageCount(models.Model):
    """On how many nodes one image ended in one way; incremented with the settlement."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="image_counts")
    image = models.PositiveSmallIntegerField(help_text="Index in the task's images.")
    outcome = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True)
    nodes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "image", "outcome", "reason"], name="one_count_per_outcome")
        ]

    def __str__(self) -> str:
        return f"{self.outcome} on {self.nodes} nodes"
