"""Numbers for Prometheus that only grow."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """How often, how long or how much, since this installation began; `key` is the metric and its labels."""

    key = models.CharField(max_length=400, primary_key=True)
    value = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.key} {self.value}"
