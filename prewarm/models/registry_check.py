"""What a registry said of an image, kept for a while."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class RegistryCheck(models.Model):
    """One row per normalised reference; `key` is a hash of it. What the columns mean: prewarm.registries.finding."""

    key = models.CharField(max_length=40, primary_key=True)
    reference = models.CharField(max_length=800)
    outcome = models.CharField(max_length=8)
    reason = models.CharField(max_length=32, blank=True)
    message = models.TextField(blank=True)
    digest = models.CharField(max_length=140, blank=True)
    sizes = models.JSONField(default=dict)
    platforms = models.JSONField(default=list)
    all_platforms = models.BooleanField(default=False)
    open_to_all = models.BooleanField(default=False)
    checked_at = models.DateTimeField()
    good_until = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["good_until"], name="check_by_good_until")]

    def __str__(self) -> str:
        return f"{self.reference}: {self.outcome}"
