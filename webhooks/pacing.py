"""At most so many messages a minute to one place, over all workers: a robot that hears more falls silent for ten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from django.db.models import F

from ips.outbound import OutboundError
from ips.outbound.target import target_of
from webhooks.models import Pace

MINUTE = timedelta(minutes=1)
ATTEMPTS = 5


@dataclass(frozen=True)
class Place:
    """What was taken: `left` more may go in this minute; or how long to `wait`, in seconds, when nothing was."""

    left: int
    wait: float = 0.0


def place_of(url: str) -> str:
    """One hash for one place, however its address is written: a robot is known by its token, on any path."""
    try:
        target = target_of(url)
    except OutboundError:
        return hashlib.sha256(url.encode()).hexdigest()
    path, _, query = target.path.partition("?")
    (token,) = parse_qs(query).get("access_token", [""])[:1]
    place = f"{target.host} {token}" if token else f"{target.host}:{target.port}{path}?{query}"
    return hashlib.sha256(place.encode()).hexdigest()


def take(url: str, most: int, now: datetime) -> Place:
    """Count one message in, unless the last minute is full. Two at once: one of them looks again."""
    place = place_of(url)
    Pace.objects.get_or_create(place=place)
    for _ in range(ATTEMPTS):
        times, version = Pace.objects.values_list("times", "version").get(place=place)
        since, latest = (now - MINUTE).timestamp(), (now + MINUTE).timestamp()
        recent = [at for at in times if since < at <= latest]  # farther ahead: the clock was set back since
        if len(recent) >= most:
            return Place(0, max(0.1, recent[0] - since))
        fresh = {"times": [*recent, now.timestamp()], "version": F("version") + 1, "changed_at": now}
        if Pace.objects.filter(place=place, version=version).update(**fresh):
            return Place(most - len(recent) - 1)
    return Place(0, 1.0)
