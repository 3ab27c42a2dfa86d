"""When a rule comes next, before anybody keeps it."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from prewarm.schedules.cron import cron, zone_of

SHOWN = 10


def preview(rule: str, time_zone: str, viewer_time_zone: str, now: datetime) -> dict[str, Any]:
    """The next ten times after now, in UTC, by the schedule's clocks and by the viewer's."""
    found = cron(rule, time_zone)
    here, there = zone_of(time_zone), zone_of(viewer_time_zone)
    runs = [
        {"at": at, "local": at.astimezone(here).isoformat(), "viewer": at.astimezone(there).isoformat()}
        for at in islice(found.times_after(now), SHOWN)
    ]
    return {
        "cron": found.text,
        "time_zone": time_zone,
        "viewer_time_zone": viewer_time_zone,
        "in_words": found.in_words(),
        "shortest_gap_seconds": int(found.shortest_gap().total_seconds()),
        "runs": runs,
    }
