"""Asks registries in threads beside everything else, a few images at once, and keeps what they say as rows."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache

from django.db import Error, connection
from django.db.models import Count

from ips.outbound import Guard
from prewarm.clock import database_now
from prewarm.models import Node
from prewarm.references import Reference
from prewarm.registries import kept
from prewarm.registries.asking import ask
from prewarm.registries.finding import CheckOutcome, Finding
from prewarm.registries.front import front
from prewarm.registries.kept import Kept
from prewarm.registries.places import place_of

log = logging.getLogger(__name__)

SECONDS = 3.0  # for one image, all requests together
AT_ONCE = 16
IDLE_SECONDS = 30.0
REMEMBERED = 5_000
MOST_WAITING = 5_000  # what is asked for beyond is not asked, and nothing follows from that


class Checker:
    """One for each process. Threads come with work and go when there is none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told = threading.Condition(self._lock)
        self._wanted: queue.SimpleQueue[tuple[Reference, Finding | None, tuple[str, ...]]] = queue.SimpleQueue()
        self._under_way: set[Reference] = set()
        self._found: dict[Reference, Kept] = {}
        self._unwritten: dict[Reference, Finding] = {}
        self._listeners: list[Callable[[], None]] = []
        self._threads = 0
        self._writing = False

    def ask(self, earlier: Mapping[Reference, Kept | None], when_told: Callable[[], None] | None = None) -> None:
        """Ask about these images, unless they are being asked about already, or too many are.

        `when_told` is called for each answer.
        `earlier` is what is still kept of each.
        """
        platforms = _platforms()
        with self._lock:
            if when_told and when_told not in self._listeners:
                self._listeners.append(when_told)
            for reference, known in earlier.items():
                if reference in self._under_way or len(self._under_way) >= MOST_WAITING:
                    continue
                self._under_way.add(reference)
                self._found.pop(reference, None)
                self._wanted.put((reference, known.finding if known else None, platforms))
            for _ in range(min(len(self._under_way), AT_ONCE) - self._threads):
                self._threads += 1
                threading.Thread(target=self._work, name="registries", daemon=True).start()

    def answers(self, references: Iterable[Reference]) -> dict[Reference, Kept]:
        """Those of the images asked about that have been answered."""
        with self._lock:
            return {reference: self._found[reference] for reference in references if reference in self._found}

    def wait(self, references: Iterable[Reference], seconds: float) -> None:
        """Until all of these are answered, or for so long."""
        wanted = list(references)
        with self._told:
            self._told.wait_for(lambda: not any(one in self._under_way for one in wanted), seconds)

    def rest(self, seconds: float) -> bool:
        """Until nothing is asked and everything is written down; false when that takes longer."""
        with self._told:
            return self._told.wait_for(lambda: not (self._under_way or self._unwritten or self._writing), seconds)

    def _work(self) -> None:
        while True:
            try:
                reference, earlier, platforms = self._wanted.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._wanted.empty():
                        self._threads -= 1
                        return
                continue
            self._take(reference, _asked(reference, earlier, platforms))
            self._write_down()

    def _take(self, reference: Reference, finding: Finding) -> None:
        with self._told:
            if len(self._found) >= REMEMBERED:
                self._found.clear()  # the rows have them
            self._found[reference] = Kept.since(datetime.now(UTC), finding)
            self._unwritten[reference] = finding
            self._under_way.discard(reference)
            listeners = list(self._listeners)
            if not self._under_way:
                self._listeners.clear()
            self._told.notify_all()
        for listener in listeners:
            listener()

    def _write_down(self) -> None:
        """Whoever comes first writes for all, over a connection that is then closed."""
        while True:
            with self._told:
                if self._writing or not self._unwritten:
                    return
                self._writing, findings = True, self._unwritten
                self._unwritten = {}
            try:
                kept.write(findings, database_now())
            except Error as error:  # it is known here, and will be asked again elsewhere
                log.warning("what registries said is not kept", extra={"error": str(error)})
            finally:
                connection.close()
                with self._told:
                    self._writing = False
                    self._told.notify_all()


@cache
def checker() -> Checker:
    """This process' own."""
    return Checker()


def _asked(reference: Reference, earlier: Finding | None, platforms: tuple[str, ...]) -> Finding:
    try:
        base = front()
        guard = base.guard if base else Guard.of_settings()
        place = place_of(reference, base.url if base else "")
        return ask(reference, place, guard, SECONDS, platforms=platforms, earlier=earlier)
    except Exception:  # whatever it is: nothing follows from it, and a thread that dies would be missed
        log.exception("a registry could not be asked", extra={"image": reference.stored_name})
        return Finding(CheckOutcome.UNKNOWN, "not_asked", "The registry could not be asked; the log says why.")


def _platforms() -> tuple[str, ...]:
    """Of the cluster's nodes, the commonest first."""
    rows = Node.objects.filter(os="linux").exclude(arch="").values("os", "arch").annotate(n=Count("pk"))
    return tuple(f"{row['os']}/{row['arch']}" for row in rows.order_by("-n", "arch"))
