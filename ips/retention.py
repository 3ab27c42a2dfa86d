"""What is kept for a time: which rows are too old now, and their end, some at a time so that no transaction is long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from prewarm.transactions import retried


def gone(rows: QuerySet[Any]) -> int:
    """Delete these rows and what hangs on them; how many of these there were."""
    return retried(rows.delete)[1].get(rows.model._meta.label, 0)


@dataclass(frozen=True)
class Retained:
    """One kind of rows. `too_old` tells those whose time is over, `forget` deletes some of them and counts."""

    kind: str
    too_old: Callable[[datetime], QuerySet[Any]]
    at_once: int = 1000
    forget: Callable[[QuerySet[Any]], int] = gone

    def prune(self, now: datetime) -> int:
        """Delete some, oldest first where they have an order; how many."""
        rows = self.too_old(now)
        keys = list(rows.values_list("pk", flat=True)[: self.at_once])
        return self.forget(rows.model._default_manager.filter(pk__in=keys)) if keys else 0


def prune(kinds: Sequence[Retained], now: datetime) -> int:
    """Delete some of each kind; how many in all."""
    return sum(one.prune(now) for one in kinds)
