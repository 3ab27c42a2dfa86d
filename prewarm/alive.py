"""Which processes are alive, as known from what they write anyway: heartbeats of workers, the next tick, a lease."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from redis import Redis

from ips.redis_briefly import redis_briefly
from prewarm.clock import database_now
from prewarm.models import NodeView
from prewarm.ticker import next_tick
from prewarm.wording import counted, duration

# An idle worker asks for work, and a busy one ends its turn, several times in this.
SILENT_SECONDS = 60.0


class Process(NamedTuple):
    """A kind of process; `text` tells what was seen of it, `remedy` what to do if none is alive."""

    name: str
    alive: bool
    text: str
    remedy: str = ""


def in_redis() -> Iterator[Process]:
    """Those that Redis hears from. Read by key: RQ's own list also cleans up, which is not a reader's work."""
    with redis_briefly() as redis:
        yield _workers(redis, "worker", settings.QUEUE_TURNS)
        yield _workers(redis, "ticks", settings.QUEUE_TICKS)
        yield _scheduler(redis)


def watcher() -> Process:
    view = NodeView.load()
    now = database_now()
    if view.holder and view.lease_until and view.lease_until > now:
        return Process("watcher", True, f"{view.holder} leads")
    text = "none has ever led"
    if view.heard_at:
        text = f"none leads; the cluster was last heard from {duration((now - view.heard_at).total_seconds())} ago"
    return Process("watcher", False, text, "start one: manage.py runwatcher")


def _workers(redis: Redis, name: str, queue: str) -> Process:
    """`last_heartbeat` is by the worker's own clock."""
    ages = [age for key in redis.smembers(f"rq:workers:{queue}") if (age := _silent_for(redis, key)) is not None]
    lively = [age for age in ages if age <= SILENT_SECONDS]
    if lively:
        return Process(name, True, f"{counted(len(lively), 'worker')} for the queue {queue}")
    gone = f"the last one was heard from {duration(min(ages))} ago" if ages else "Redis knows none"
    remedy = f"start one: manage.py runworker {queue}"
    return Process(name, False, f"nobody works on the queue {queue}: {gone}", remedy)


def _silent_for(redis: Redis, key: bytes | str) -> float | None:
    """Seconds since a worker's last heartbeat; None when Redis has forgotten it."""
    told = redis.hget(_text(key), "last_heartbeat")
    if not told:
        return None
    at = datetime.fromisoformat(_text(told).replace("Z", "+00:00"))
    return max(0.0, time.time() - at.replace(tzinfo=at.tzinfo or UTC).timestamp())


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()


def _scheduler(redis: Redis) -> Process:
    """A living one keeps the next tick in the future, unless one waits on its queue already."""
    due = next_tick(redis)
    late = 0.0 if due is None else time.time() - due
    if due is not None and (late <= SILENT_SECONDS or redis.llen(f"rq:queue:{settings.QUEUE_TICKS}")):
        return Process("scheduler", True, "the tick is rung")
    text = "no tick was ever rung" if due is None else f"the tick is {duration(late)} late"
    return Process("scheduler", False, text, "start one: manage.py runscheduler")
