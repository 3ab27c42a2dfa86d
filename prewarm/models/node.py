"""The cluster's nodes as the watcher last saw them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from prewarm.clock import database_now


class Node(models.Model):
    """One node of the cluster. `images` is evidence: [[bytes, [stored names…]], …] as its kubelet listed them."""

    name = models.CharField(max_length=253, primary_key=True)
    uid = models.CharField(max_length=64)
    labels = models.JSONField(default=dict)
    taints = models.JSONField(default=list)
    unschedulable = models.BooleanField(default=False)
    ready = models.BooleanField(default=False)
    ready_changed_at = models.DateTimeField(
        null=True, help_text="Since when it is Ready, or not, as the cluster tells."
    )
    disk_pressure = models.BooleanField(default=False)
    os = models.CharField(max_length=20, blank=True)
    arch = models.CharField(max_length=20, blank=True)
    runtime = models.CharField(max_length=80, blank=True)
    kubelet_version = models.CharField(max_length=40, blank=True)
    disk_bytes = models.BigIntegerField(default=0, help_text="Allocatable ephemeral storage; 0 when not told.")
    images = models.JSONField(default=list)
    marks = models.BinaryField(null=True, help_text="`images` in short, see prewarm.marks; null when not told yet.")
    seen_at = models.DateTimeField()
    digest = models.CharField(max_length=40, help_text="Of all the above, so that only changed nodes are written.")

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class NodeView(models.Model):
    """How far the table of nodes can be trusted, and which watcher keeps it."""

    complete_at = models.DateTimeField(null=True, help_text="When a whole list was last taken over.")
    heard_at = models.DateTimeField(null=True, help_text="When the API server was last heard from.")
    changed_at = models.DateTimeField(null=True, help_text="When a node last came, went or changed.")
    kubernetes_version = models.CharField(max_length=40, blank=True)
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"heard at {self.heard_at}"

    @classmethod
    def load(cls) -> NodeView:
        view, _ = cls.objects.get_or_create(pk=1)
        return view

    def fresh(self, now: datetime | None = None) -> bool:
        """Whether planning and dispatch may rely on the table of nodes."""
        if not self.complete_at or not self.heard_at:
            return False
        return (now or database_now()) - self.heard_at <= timedelta(seconds=settings.NODE_VIEW_STALE_SECONDS)
