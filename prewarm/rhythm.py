"""When a turn asks the database what others did, when it listens only, and when it may commit again."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from django.conf import settings

from prewarm.clock import database_now
from prewarm.podstream import PodStream

# So few pull jobs may be settled as soon as they have news; more wait for the commit interval, and go together.
FEW = 20
GAP_SECONDS = 0.02  # what happens at nearly the same time is settled together


class Rhythm:
    """Cycles follow the news; at the latest after a commit interval comes a beat, which also asks the database.

    `hurry` makes the next cycle follow at once, as a beat: something is known to be due.
    """

    def __init__(self) -> None:
        self.hurry = True
        self._beat = 0.0
        self._committed = 0.0
        self._told, self._told_at = database_now(), time.monotonic()

    def begin(self) -> bool:
        """Begin a cycle; true when it is a beat."""
        clock = time.monotonic()
        beat = self.hurry or clock >= self._beat
        if beat:
            self._beat = clock + settings.COMMIT_SECONDS
        self.hurry = False
        return beat

    def look_at_the_clock(self) -> datetime:
        """Ask the database for its time."""
        self._told_at = time.monotonic()
        self._told = database_now()
        return self._told

    def now(self) -> datetime:
        """The database's time as it last told, carried on by this process' own clock."""
        return self._told + timedelta(seconds=time.monotonic() - self._told_at)

    def committed(self) -> None:
        """Note that news was written just now."""
        self._committed = time.monotonic()

    def pause(self, stream: PodStream, stopping: threading.Event, pulls: int) -> None:
        """Wait for news, at most until the next beat; with many pulls in flight as long as the commit interval says."""
        if self.hurry:
            return
        free = self._committed + (GAP_SECONDS if pulls <= FEW else settings.COMMIT_SECONDS)
        heard = stream.wait(self._beat - time.monotonic())
        rest = free - time.monotonic()
        rest = max(rest, GAP_SECONDS) if heard else rest
        if rest > 0:
            stopping.wait(rest)
