"""What platform administrators decided while IPS runs."""

from __future__ import annotations

from django.db import models


class Setting(models.Model):
    """A setting that differs from what the environment says; see prewarm.live_settings. The audit has its history."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=160)

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
