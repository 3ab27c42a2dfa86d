"""Limits as rows, and the receipts for what was taken from them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from prewarm.models.batch import Batch
from prewarm.models.node_result import NodeResult


class Limit(models.Model):
    """At most `cap` at once of what `name` says: `cluster`, `host:<registry>`, `tenant:<uuid>`.

    Rows named `rate:…` are buckets instead: `used` drains by `cap` a second since `drained_at`, and may reach `cap`.
    """

    name = models.CharField(max_length=300, primary_key=True)
    cap = models.PositiveIntegerField()
    used = models.FloatField(default=0)
    drained_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.used:g} of {self.cap}"


class NodeSlot(models.Model):
    """The right to have a pull job on a node: one per node, whoever the task.

    Deleting it (row count 1) gives back exactly what it lists. `created_at` is when the API server was known to have
    the pull job: from then on its deadlines count. `judged_at` says that the verdicts are committed and only the pull
    job's end is awaited.
    """

    node = models.CharField(max_length=253, primary_key=True)
    node_result = models.ForeignKey(NodeResult, on_delete=models.CASCADE, related_name="slots")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="slots")
    attempt = models.PositiveSmallIntegerField()
    part = models.PositiveSmallIntegerField()
    tenant_id = models.UUIDField()
    hosts = models.JSONField()
    images = models.JSONField(help_text="Indexes of the images pulled by containers img0, img1, …")
    pull_job = models.CharField(max_length=63, unique=True)
    uid = models.CharField(max_length=64, blank=True)
    taken_at = models.DateTimeField()
    created_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant_id"], name="slot_by_tenant")]

    def __str__(self) -> str:
        return f"{self.node}: {self.pull_job}"

    def limits(self) -> list[str]:
        """The names of the limits that this slot counts in, in the order in which they are locked."""
        return limit_names(self.hosts, str(self.tenant_id))


def limit_names(hosts: list[str], tenant: str) -> list[str]:
    """By name, the cluster's last: one order for everybody, so that transactions do not deadlock."""
    return [*sorted([*(f"host:{host}" for host in hosts), f"tenant:{tenant}"]), "cluster"]
