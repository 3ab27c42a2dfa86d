"""Taking from limits and giving back. Nobody counts and then inserts: the UPDATE carries the condition.

All functions but `draw` run inside the caller's transaction, with the names in the order of `limit_names`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import F

from prewarm import live_settings
from prewarm.clock import database_now
from prewarm.models import Limit, NodeSlot

CREATES, DELETES = "rate:creates", "rate:deletes"


class LimitFull(Exception):
    """A limit has no room; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read(names: Iterable[str]) -> dict[str, Limit]:
    """The rows of these limits; missing ones are made with the caps that hold now."""
    wanted = set(names)
    found = Limit.objects.in_bulk(wanted)
    if missing := sorted(wanted - found.keys()):
        live = live_settings.load()
        rows = [Limit(name=name, cap=live.cap_of(name)) for name in missing]
        Limit.objects.bulk_create(rows, ignore_conflicts=True)
        found = Limit.objects.in_bulk(wanted)
    return found


def follow_settings() -> None:
    """Bring the caps of all rows to what holds now. What is in flight above a lowered cap runs to its end.

    Rows first, settings second: whoever changes a setting meanwhile, and its cap with it, is not undone.
    """
    rows = list(Limit.objects.all())
    live = live_settings.load()
    for limit in rows:
        wanted = live.cap_of(limit.name)
        if limit.cap != wanted:
            Limit.objects.filter(pk=limit.pk, cap=limit.cap).update(cap=wanted)


def is_limit(name: str) -> bool:
    """Whether this names a limit of pull jobs, and not another thing that a task may wait for."""
    return name == "cluster" or name.startswith(("host:", "tenant:"))


def in_lock_order(names: Iterable[str]) -> list[str]:
    """By name, the cluster's last."""
    return sorted(names, key=lambda name: (name == "cluster", name))


def take(amounts: Mapping[str, int], ahead: Mapping[str, int]) -> None:
    """Count these in, leaving room for what waits ahead. Raises LimitFull, and then the transaction must roll back."""
    for name in in_lock_order(amounts):
        k = amounts[name]
        # added, not subtracted: MariaDB refuses an unsigned cap less something bigger
        room = Limit.objects.filter(name=name, cap__gte=F("used") + ahead.get(name, 0) + k)
        if room.update(used=F("used") + k) != 1:
            raise LimitFull(name)


def give_back(slots: Iterable[NodeSlot]) -> None:
    """Count out what these deleted slots list."""
    amounts = Counter(name for slot in slots for name in slot.limits())
    for name in in_lock_order(amounts):
        Limit.objects.filter(name=name).update(used=F("used") - amounts[name])


def draw(name: str, wanted: int) -> int:
    """Take up to `wanted` tokens from a rate bucket; how many were had.

    The bucket drains by `cap` a second of database time and holds at most one second's worth, over all workers.
    """
    while wanted > 0:
        bucket = read([name])[name]
        now = database_now()
        if bucket.drained_at and abs(bucket.drained_at - now) < timedelta(microseconds=1):
            now = bucket.drained_at + timedelta(microseconds=1)  # the row's time is what tells two draws apart
        level = drained(bucket, now)
        granted = min(wanted, int(bucket.cap - level))
        if granted <= 0:
            return 0
        if Limit.objects.filter(name=name, drained_at=bucket.drained_at).update(used=level + granted, drained_at=now):
            return granted
    return 0


def drained(bucket: Limit, now: datetime) -> float:
    """How full a bucket is by now. A clock that was set back empties it: better a burst than a standstill."""
    if bucket.drained_at is None:
        return 0.0
    elapsed = (now - bucket.drained_at).total_seconds()
    return 0.0 if elapsed < -1.0 else max(0.0, bucket.used - max(0.0, elapsed) * bucket.cap)
