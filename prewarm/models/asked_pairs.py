"""Pairs of a task that are no product of images and nodes."""

from __future__ import annotations

from django.db import models

from prewarm.models.task import Task


class AskedPairs(models.Model):
    """What a task was asked for node by node, for its planning: [[[indexes of images…], [nodes…]], …].

    A worker of an earlier release does not know of it and pulls every image on every node named: more, nothing else.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="asked_pairs")
    groups = models.JSONField()

    class Meta:
        verbose_name_plural = "asked pairs"

    def __str__(self) -> str:
        return f"pairs of {self.task_id}"

    @classmethod
    def of(cls, task: Task) -> dict[str, list[int]]:
        """By node; nothing where the task is images × nodes."""
        groups = cls.objects.filter(task=task).values_list("groups", flat=True).first() or []
        return {node: images for images, nodes in groups for node in nodes}
