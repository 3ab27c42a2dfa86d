"""How many images on nodes a tenant has asked for in a day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class PairsOfDay(models.Model):
    """Counted while the tenant has a limit for it, in the transaction that accepts a task."""

    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="+")
    day = models.DateField(help_text="In UTC.")
    pairs = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "pairs of days"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "day"], name="one_count_of_pairs_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} on {self.day}: {self.pairs}"
