"""Whether pulls may start now: a pause of all intake, the windows of everybody, and those of a tenant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prewarm import openings
from prewarm.live_settings import current
from prewarm.openings import ByRule, OfTheWeek, Openings
from prewarm.schedules.cron import InvalidCron, UnknownZone, cron
from prewarm.windows import DAYS, Window, minutes

WINDOW, TENANT_WINDOW = "window", "tenant_window"
CLOSED = frozenset({WINDOW, TENANT_WINDOW})
_MOST_KEPT = 1000
_LOOK_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Intake:
    """Whether pulls may start now; if not, why (`intake_paused`, `window`, `tenant_window`), since when, and until when
    if known.

    `by` decided so, and may have given a `reason`.
    """

    waits_for: str = ""
    since: datetime | None = None
    opens_at: datetime | None = None
    by: str = ""
    reason: str = ""


def intake(now: datetime, tenant: UUID | str = "") -> Intake:
    """For everybody, or for a tenant, which may have windows of its own. A pause goes before a closed window."""
    live = current()
    if live.intake_paused:
        return Intake(
            "intake_paused",
            since=live.intake_changed_at or now,
            by=live.intake_changed_by,
            reason=live.intake_reason,
        )
    own = live.tenant_windows.get(str(tenant), []) if tenant else []
    if not (live.windows or live.pull_windows or own):
        return Intake()
    found = _looked_up(_key(live.windows, live.time_zone, live.pull_windows), _key([], "UTC", own) if own else "", now)
    return replace(found, by=live.windows_changed_by) if found.waits_for == WINDOW else found


@dataclass(frozen=True)
class _Kept:
    begins: datetime
    ends: datetime
    found: Intake


_kept: dict[tuple[str, str], _Kept] = {}


def _looked_up(common: str, own: str, now: datetime) -> Intake:
    """What was found out holds until the next edge of a window: looking for edges takes its time."""
    known = _kept.get((common, own))
    if known and known.begins <= now < known.ends:
        return known.found
    both = [_openings(common), *([_openings(own)] if own else [])]
    closed = next((name for name, one in zip((WINDOW, TENANT_WINDOW), both, strict=False) if not one.open(now)), "")
    found = Intake()
    if closed:
        found = Intake(closed, since=openings.closed_since(both, now), opens_at=openings.opens_at(both, now))
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    changes = openings.changes_at(both, now)
    _kept[common, own] = _Kept(now, min(changes or now + _LOOK_AGAIN, now + _LOOK_AGAIN), found)
    return found


def _key(week: Sequence[dict[str, Any]], time_zone: str, entries: Sequence[dict[str, Any]]) -> str:
    return json.dumps([week, time_zone, entries], sort_keys=True)


@lru_cache(maxsize=_MOST_KEPT)
def _openings(key: str) -> Openings:
    week, time_zone, entries = json.loads(key)
    allow: list[openings.Stretches] = []
    deny: list[openings.Stretches] = []
    if week:
        allow.append(OfTheWeek(tuple(map(_window, week)), ZoneInfo(time_zone)))
    for entry in entries:
        (deny if entry["kind"] == "deny" else allow).append(_stretches(entry))
    return Openings(tuple(allow), tuple(deny))


def _stretches(entry: dict[str, Any]) -> openings.Stretches:
    """From {"cron": "0 22 * * *", "duration_minutes": 480, "time_zone": "UTC"}."""
    try:
        return ByRule.of(cron(entry["cron"], entry["time_zone"]), entry["duration_minutes"])
    except (InvalidCron, UnknownZone):  # a time zone that is gone since the system was updated
        return openings.Never()


def _window(entry: dict[str, Any]) -> Window:
    """From {"days": ["mon"], "start": "22:00", "end": "06:00"}."""
    days = frozenset(DAYS.index(day) for day in entry["days"])
    return Window(days, minutes(entry["start"]), minutes(entry["end"]))
