"""A task's history in plain words."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from prewarm.models.task import Task


class TaskEvent(models.Model):
    """One line of history. `change` is the task's counter in the transaction that wrote it, so readers skip nothing."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events")
    change = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    text = models.CharField(max_length=500)
    data = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar[list[str]] = ["change", "id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["task", "change"], name="event_by_change")]

    def __str__(self) -> str:
        return self.text
