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
        self._begun = 0.0
        self._beat = 0.0
        self._free = 0.0  # from when on may be committed again
        self._wrote = False
        self._told, self._told_at = database_now(), time.monotonic()

    def begin(self) -> bool:
        """Begin a cycle; true when it is a beat."""
        self._begun = time.monotonic()
        beat = self.hurry or self._begun >= self._beat
        if beat:
            self._beat = self._begun + settings.COMMIT_SECONDS
        self.hurry = self._wrote = False
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
        """Note that this cycle wrote news."""
        self._wrote = True

    def pause(self, stream: PodStream, stopping: threading.Event, pulls: int) -> None:
        """Wait for news, at most until the next beat; with many pulls in flight as long as the commit interval says."""
        if self._wrote and pulls > FEW:  # where a cycle takes long, there is still a while for news to gather
            half = settings.COMMIT_SECONDS / 2
            self._free = max(self._begun, time.monotonic() - half) + settings.COMMIT_SECONDS
        if self.hurry:
            return
        heard = stream.wait(self._beat - time.monotonic())
        rest = max(self._free - time.monotonic(), GAP_SECONDS if heard else 0.0)
        if rest > 0:
            stopping.wait(rest)
