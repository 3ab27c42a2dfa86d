"""Times as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now(later: float = 0.0) -> str:
    """The time in whole seconds, UTC, `later` seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_now() -> str:
    """The time in microseconds, as `eventTime` has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
