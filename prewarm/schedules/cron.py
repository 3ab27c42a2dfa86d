"""Five-field cron rules in a time zone: when they come next, when they came last, and how often in between.

What cronsim says is what counts. Local times decide: a rule with a fixed minute and hour whose time the clocks leave
out comes once, right after the gap, and once where the clocks show it twice; a rule with `*` in the minute or the hour
comes as often as there is such an hour.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from cronsim.explain import Expression

FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
LONGEST = 100
DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
# Clocks are put forward and back by less than this.
_SHIFT = timedelta(hours=3)
# So far back every single firing is counted.
MOST_DAYS = 1830
# Within so many days each two days that may follow one another do so.
_LOOK = 1500
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


class InvalidCron(ValueError):
    """The message says which field is wrong, and how to write it."""


class UnknownZone(ValueError):
    """There is no time zone of this name."""


def zone_of(name: str) -> ZoneInfo:
    """Raises UnknownZone, also for what lies beside the time zones in their folder."""
    if name not in _zones():
        raise UnknownZone(f"{name[:60]!r} is no time zone. Write a name like Europe/Berlin or UTC.")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


class Cron:
    """A rule. Raises InvalidCron for what is none, and for one that never comes."""

    def __init__(self, text: str, zone: ZoneInfo) -> None:
        self.text = " ".join(text.split())
        self.zone = zone
        self._rule = _parsed(self.text)
        parts = self.text.split()
        self._fixed = not parts[0].startswith("*") and not parts[1].startswith("*")
        self._minutes = sorted(hour * 60 + minute for hour in self._rule.hours for minute in self._rule.minutes)
        if self.next_after(_BEGINNING) is None:
            raise InvalidCron("This never comes: no such day is in any of these months.")

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after this moment, in UTC; None when there is none in fifty years."""
        return next(self.times_after(moment), None)

    def times_after(self, moment: datetime) -> Iterator[datetime]:
        """One after the other, each once."""
        for found in CronSim(self.text, moment.astimezone(self.zone)):
            at = found.astimezone(UTC)
            if at > moment:  # where the clocks show an hour twice, cronsim begins with the first of them
                moment = at
                yield at

    def last_until(self, moment: datetime) -> datetime | None:
        """The last time that is not after this moment, in UTC."""
        return next(self.times_until(moment), None)

    def times_until(self, moment: datetime) -> Iterator[datetime]:
        """One before the other, each once."""
        moment += _TICK
        ahead = _SHIFT if self._fixed else timedelta()
        for found in CronSim(self.text, (moment + ahead).astimezone(self.zone), reverse=True):
            at = found.astimezone(UTC)
            if at < moment:
                moment = at
                yield at

    def count(self, first: datetime, last: datetime) -> int:
        """How many times there are from `first` to `last`, both included.

        A day whose clocks go as always has as many as any other, so that a month of every minute is counted at once.
        What lies more than five years before the end is left out.
        """
        first = max(first, last - MOST_DAYS * DAY)
        begins, ends = first.astimezone(self.zone).date(), last.astimezone(self.zone).date()
        number, day, start = 0, begins, self._midnight(begins)
        while day <= ends:
            following = self._midnight(day + DAY)
            if self._comes_on(day):
                plain = start.utcoffset() == following.utcoffset()
                if plain and begins < day < ends:
                    number += len(self._minutes)
                else:
                    times = self._times_between(start, following)
                    number += bisect_right(times, last) - bisect_left(times, first)
            day, start = day + DAY, following
        return number

    def shortest_gap(self) -> timedelta:
        """The least time between two firings, as the clock on the wall goes."""
        gaps = [later - earlier for earlier, later in pairwise(self._minutes)]
        over_midnight = 1440 - self._minutes[-1] + self._minutes[0]
        shortest = min([*gaps, 1440])
        if over_midnight < shortest and self._comes_on_two_days():
            shortest = over_midnight
        return timedelta(minutes=shortest)

    def in_words(self) -> str:
        """`At 02:30 every day`; the rule itself where there are none."""
        try:
            return str(Expression(["0", *self.text.upper().split()]).explain())
        except Exception:  # words are a nicety, whatever the package stumbles over
            return self.text

    def _comes_on(self, day: date) -> bool:
        return day.month in self._rule.months and self._rule.match_day(day)

    def _comes_on_two_days(self) -> bool:
        start = _BEGINNING.date()
        days = [self._comes_on(start + number * DAY) for number in range(_LOOK)]
        return any(one and other for one, other in pairwise(days))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def _times_between(self, start: datetime, following: datetime) -> list[datetime]:
        """Each time of the local day between these two midnights, in order."""
        before, after = start.utcoffset() or timedelta(), following.utcoffset() or timedelta()
        naive = start.replace(tzinfo=UTC)
        local = [naive + timedelta(minutes=minute) for minute in self._minutes]
        if before == after:
            return [at - before for at in local]
        change = self._change(naive - before, following.replace(tzinfo=UTC) - after, before)
        first = {at - before for at in local if at - before < change}
        if not self._fixed:
            return sorted(first | {at - after for at in local if at - after >= change})
        late = [at for at in local if at - before >= change]
        return sorted(first | {max(change, at - after) for at in late})

    def _change(self, start: datetime, end: datetime, before: timedelta) -> datetime:
        """The minute between these at which the clocks are changed."""
        low, high = 0, int((end - start).total_seconds()) // 60
        while low < high:
            middle = (low + high) // 2
            if (start + timedelta(minutes=middle)).astimezone(self.zone).utcoffset() == before:
                low = middle + 1
            else:
                high = middle
        return start + timedelta(minutes=low)


def _parsed(text: str) -> CronSim:
    parts = text.split()
    if len(text) > LONGEST:
        raise InvalidCron(f"This has {len(text)} characters; a rule has at most {LONGEST}.")
    if text.startswith("@"):
        raise InvalidCron(f"{text[:20]!r} is not known here. Write five fields, like 0 2 * * * for every day at 02:00.")
    if len(parts) != len(FIELDS):
        raise InvalidCron(
            f"A rule has five fields (minute, hour, day of the month, month, day of the week), not {len(parts)}: like "
            "30 2 * * 1-5."
        )
    if not text.isascii():
        raise InvalidCron("A rule has digits, English names of days and months, and * , - / # L W only.")
    for number, part in enumerate(parts):
        alone = ["*"] * len(FIELDS)
        alone[number] = part
        try:
            CronSim(" ".join(alone), _BEGINNING)
        except (CronSimError, ValueError) as wrong:
            raise InvalidCron(f"{part[:40]!r} is no {FIELDS[number]}{_HOW[number]}") from wrong
    try:
        return CronSim(text, _BEGINNING)
    except (CronSimError, ValueError) as wrong:
        raise InvalidCron("This never comes: no such day is in any of these months.") from wrong


_HOW = (
    ": 0 to 59, lists like 0,30, ranges like 10-20, steps like */15.",
    ": 0 to 23, lists like 2,14, ranges like 22-23, steps like */6.",
    ": 1 to 31, L for the last, lists, ranges and steps.",
    ": 1 to 12 or JAN to DEC, lists, ranges and steps.",
    ": 0 to 7 (0 and 7 are Sunday) or SUN to SAT, MON#1 for the first Monday, 5L for the last Friday.",
)


@lru_cache(maxsize=1024)
def cron(text: str, time_zone: str) -> Cron:
    """The rule, kept for who asks again. Raises InvalidCron and UnknownZone."""
    return Cron(text, zone_of(time_zone))
