"""How long to wait before a pull is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

JITTER = 0.2


@dataclass(frozen=True)
class Backoff:
    """Doubling waits with ±20 % jitter, so that nodes that failed together do not come back together."""

    base: timedelta
    ceiling: timedelta

    def __post_init__(self) -> None:
        if self.base < timedelta(0) or self.ceiling < timedelta(0):
            raise ValueError("a wait cannot be negative")

    def before(self, attempt: int) -> timedelta:
        """The wait before this attempt; the first is 1 and never waits."""
        if attempt <= 1:
            return timedelta(0)
        wait: timedelta = min(self.base * 2 ** min(attempt - 2, 20), self.ceiling)
        return timedelta(seconds=wait.total_seconds() * random.uniform(1 - JITTER, 1 + JITTER))


def longest_wait() -> timedelta:
    """No wait before an attempt is longer."""
    return timedelta(seconds=settings.RETRY_BACKOFF_MAX_SECONDS) * (1 + JITTER)


def for_task(base_seconds: int) -> Backoff:
    return Backoff(timedelta(seconds=base_seconds), timedelta(seconds=settings.RETRY_BACKOFF_MAX_SECONDS))
