"""Windows of the week in one time zone, in which pulls may start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
# Edges of windows are looked for this far: between two there is a week, or a fortnight where clocks leave one out.
_LOOK = range(-16, 17)


@dataclass(frozen=True)
class Window:
    """On these days (0 is Monday) from `start` to `end`, in minutes after midnight.

    An end that is not after the start is on the next day. Local times count: one that a change of clocks leaves out
    does not come, one that comes twice counts twice.
    """

    days: frozenset[int]
    start: int
    end: int

    def __post_init__(self) -> None:
        if not self.days or not self.days <= frozenset(range(7)):
            raise ValueError(f"a window needs days from 0 to 6, not {sorted(self.days)}")
        if not (0 <= self.start < DAY and 0 <= self.end <= DAY):
            raise ValueError(f"a window lies between 0 and {DAY} minutes, not from {self.start} to {self.end}")
        if self.start == self.end:
            raise ValueError(
                "a window that starts and ends at the same time is empty or a whole day: say 00:00 to 24:00"
            )

    def holds(self, local: datetime) -> bool:
        minute = local.hour * 60 + local.minute
        today, yesterday = local.weekday() in self.days, (local.weekday() - 1) % 7 in self.days
        if self.start < self.end:
            return today and self.start <= minute < self.end
        return (today and minute >= self.start) or (yesterday and minute < self.end)


def is_open(windows: Sequence[Window], zone: tzinfo, now: datetime) -> bool:
    """Without any window it is always open."""
    return not windows or any(window.holds(now.astimezone(zone)) for window in windows)


def opens_at(windows: Sequence[Window], zone: tzinfo, now: datetime) -> datetime | None:
    """When the next window opens; None if one is open, or none opens within a fortnight."""
    if is_open(windows, zone, now):
        return None
    coming = (edge for edge in edges(windows, zone, now) if edge > now and is_open(windows, zone, edge))
    return next(coming, None)


def closed_since(windows: Sequence[Window], zone: tzinfo, now: datetime) -> datetime | None:
    """When the last window closed; None if one is open."""
    if is_open(windows, zone, now):
        return None
    moment = timedelta(microseconds=1)
    gone = [edge for edge in edges(windows, zone, now) if edge <= now]
    return next((edge for edge in reversed(gone) if is_open(windows, zone, edge - moment)), now)


def edges(windows: Sequence[Window], zone: tzinfo, now: datetime) -> list[datetime]:
    """The starts and ends of all windows around now, in order."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    minutes = {minute for window in windows for minute in (window.start, window.end)}
    local = [midnight + timedelta(days=day, minutes=minute) for day in _LOOK for minute in minutes]
    return sorted({edge.replace(tzinfo=zone, fold=fold).astimezone(UTC) for edge in local for fold in (0, 1)})


def minutes(text: str) -> int:
    """Minutes after midnight of `HH:MM`."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)
