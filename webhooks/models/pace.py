"""How often a place was told things lately, where it counts that."""

from __future__ import annotations

from django.db import models


class Pace(models.Model):
    """When messages went to one place in the last minute, whichever webhooks they were for; see webhooks.pacing."""

    place = models.CharField(max_length=64, primary_key=True, help_text="A hash of the address.")
    times = models.JSONField(default=list)
    version = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.place[:12]}: {len(self.times)}"
