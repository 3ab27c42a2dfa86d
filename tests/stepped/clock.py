"""A clock that moves only when it is told to: the wall clock, the monotonic one and that of the database."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import time_machine

START = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    """What `time.time()`, `time.monotonic()` and the database say while it is `installed`."""

    def __init__(self) -> None:
        self._monotonic = 1000.0
        self._traveller: Any = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        with (
            time_machine.travel(START, tick=False) as self._traveller,
            mock.patch.object(time, "monotonic", lambda: self._monotonic),
        ):
            yield

    def move(self, seconds: float) -> None:
        if seconds > 0:
            self._monotonic += seconds
            self._traveller.shift(seconds)

    def monotonic(self) -> float:
        return self._monotonic

    def execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Around statements: MariaDB is told what time it is before it is asked. SQLite uses the process' clock."""
        if context["connection"].vendor == "mysql" and "UTC_TIMESTAMP" in sql:
            context["cursor"].cursor.execute(f"SET timestamp = {time.time():.6f}")
        return execute(sql, params, many, context)


class SteppedLoop(asyncio.SelectorEventLoop):
    """An event loop on this clock: who sleeps in it wakes when the clock has moved, and nobody waits in real time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(_Jump(clock))
        self._clock = clock

    def time(self) -> float:
        return self._clock.monotonic()


class _Jump(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Where a loop would wait for its next timer, the clock moves on to it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout:
            self._clock.move(timeout)
        return super().select(0)
