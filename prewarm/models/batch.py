"""A slice of a task's nodes that runs together, and the lease of the worker that runs it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from prewarm.models.task import Task


class BatchStatus(models.TextChoices):
    PLANNED = "planned"  # its turn has not come
    OPEN = "open"
    ENDED = "ended"


class Batch(models.Model):
    """Number 0 is the planning itself, claimed like any other; 1, 2, … are slices of nodes.

    `holder` runs it until `lease_until` (database time). `token` grows with every claim: a statement of an earlier
    holder matches nothing. `due_at` is when somebody should look at it next.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=BatchStatus, default=BatchStatus.PLANNED)
    dispatching = models.BooleanField(default=True, help_text="Some of its nodes were never dispatched.")
    waiting = models.PositiveIntegerField(default=0, help_text="Nodes that could be dispatched if limits allowed.")
    waits_for = models.CharField(
        max_length=300, blank=True, db_default="", default="", help_text="A limit's name or a word; what holds it up."
    )
    due_at = models.DateTimeField()
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    token = models.PositiveBigIntegerField(default=0)
    lost_claims = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "batches"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "number"], name="one_batch_per_number")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "due_at"], name="batch_due"),
            models.Index(fields=["holder"], name="batch_by_holder"),
        ]

    def __str__(self) -> str:
        return f"batch {self.number} of {self.task_id}"
