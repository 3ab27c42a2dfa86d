"""Whether pulls may start: windows that allow it and windows that deny it, of everybody and of a tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from prewarm import windows
from prewarm.schedules.cron import Cron
from prewarm.windows import Window

MOMENT = timedelta(microseconds=1)
# So many edges of windows, and so far ahead and back, are looked at.
MOST_EDGES, FARTHEST = 100, timedelta(days=400)
_MOST_JOINED = 60


class Stretches(Protocol):
    """Stretches of time that come again and again."""

    def holds(self, now: datetime) -> bool: ...
    def edge_after(self, now: datetime) -> datetime | None:
        """When the next one begins, or the one that lasts ends."""

    def edge_until(self, now: datetime) -> datetime | None:
        """When the last one ended, or the one that lasts began."""


@dataclass(frozen=True)
class OfTheWeek:
    """Windows of the week in one time zone."""

    week: tuple[Window, ...]
    zone: tzinfo

    def holds(self, now: datetime) -> bool:
        return windows.is_open(self.week, self.zone, now)

    def edge_after(self, now: datetime) -> datetime | None:
        return next((edge for edge in windows.edges(self.week, self.zone, now) if edge > now), None)

    def edge_until(self, now: datetime) -> datetime | None:
        return next((edge for edge in reversed(windows.edges(self.week, self.zone, now)) if edge <= now), None)


@dataclass(frozen=True)
class ByRule:
    """A window that begins whenever a cron rule comes, and lasts so long by any clock."""

    rule: Cron
    lasts: timedelta

    @classmethod
    def of(cls, rule: Cron, minutes: int) -> ByRule:
        return cls(rule, timedelta(minutes=minutes))

    def holds(self, now: datetime) -> bool:
        began = self.rule.last_until(now)
        return began is not None and now < began + self.lasts

    def edge_after(self, now: datetime) -> datetime | None:
        began = self.rule.last_until(now)
        if began is None or now >= began + self.lasts:
            return self.rule.next_after(now)
        for _ in range(_MOST_JOINED):  # one may begin before the last has ended
            later = self.rule.last_until(began + self.lasts)
            if later is None or later <= began:
                return began + self.lasts
            began = later
        return None  # it never ends, as far as anybody can tell

    def edge_until(self, now: datetime) -> datetime | None:
        began = self.rule.last_until(now)
        if began is None or now >= began + self.lasts:
            return began and began + self.lasts
        for _ in range(_MOST_JOINED):
            earlier = self.rule.next_after(began - self.lasts - MOMENT)
            if earlier is None or earlier >= began:
                return began
            began = earlier
        return None


class Never:
    """What never comes."""

    def holds(self, now: datetime) -> bool:
        return False

    def edge_after(self, now: datetime) -> datetime | None:
        return None

    def edge_until(self, now: datetime) -> datetime | None:
        return None


@dataclass(frozen=True)
class Openings:
    """Open while one of `allow` lasts, if there are any, and none of `deny`."""

    allow: tuple[Stretches, ...] = ()
    deny: tuple[Stretches, ...] = ()

    def open(self, now: datetime) -> bool:
        if any(one.holds(now) for one in self.deny):
            return False
        return not self.allow or any(one.holds(now) for one in self.allow)

    def stretches(self) -> Iterator[Stretches]:
        yield from (*self.deny, *self.allow)


def all_open(openings: Sequence[Openings], now: datetime) -> bool:
    return all(one.open(now) for one in openings)


def changes_at(openings: Sequence[Openings], now: datetime) -> datetime | None:
    """Until then all is as it is now, at least."""
    edges = [edge for one in openings for some in one.stretches() if (edge := some.edge_after(now))]
    return min(edges, default=None)


def opens_at(openings: Sequence[Openings], now: datetime) -> datetime | None:
    """When all of them are open next; None while they are, and when that is too far off to tell."""
    if all_open(openings, now):
        return None
    moment, edges = now, _edges(openings)
    for _ in range(MOST_EDGES):
        for some, known in edges.items():
            if known is None or known <= moment:
                edges[some] = some.edge_after(moment)
        edge = min(filter(None, edges.values()), default=None)
        if edge is None or edge > now + FARTHEST or _endless(openings, edges, moment):
            return None
        if all_open(openings, edge):
            return edge
        moment = edge
    return None


def closed_since(openings: Sequence[Openings], now: datetime) -> datetime | None:
    """Since when not all of them are open; None while they are, and when that is too long ago to tell."""
    if all_open(openings, now):
        return None
    moment, edges = now, _edges(openings)
    for _ in range(MOST_EDGES):
        for some, known in edges.items():
            if known is None or known > moment:
                edges[some] = some.edge_until(moment)
        edge = max(filter(None, edges.values()), default=None)
        if edge is None or edge < now - FARTHEST or _endless(openings, edges, moment):
            return None
        moment = edge - MOMENT
        if all_open(openings, moment):
            return edge
    return None


def _edges(openings: Sequence[Openings]) -> dict[Stretches, datetime | None]:
    """The nearest edge of each stretch, kept until it is reached: looking for one takes its time."""
    return dict.fromkeys(some for one in openings for some in one.stretches())


def _endless(openings: Sequence[Openings], edges: Mapping[Stretches, datetime | None], moment: datetime) -> bool:
    """Whether a `deny` lasts longer than anybody can tell; an `allow` that does is no reason to wait."""
    return any(edges[some] is None and some.holds(moment) for one in openings for some in one.deny)
