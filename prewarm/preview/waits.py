"""What a task would wait for if it started now."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypedDict

from django.db.models import F

from prewarm import order
from prewarm.intake import intake
from prewarm.models import Limit, NodeSlot

Wait = TypedDict("Wait", {"for": str, "name": str, "hint": str})


def waits(mine: order.Waiting, wanted: Collection[str], now: datetime, *, fresh: bool) -> list[Wait]:
    """In the order in which they would hold the task up; empty when it could start at once.

    `mine` is the task as it would wait for its places, `wanted` the nodes that it would pull on.
    """
    return [
        *_for_the_intake(mine.tenant, now),
        *([] if fresh else [_wait("node_view_stale", "The watcher has to hear from the API server first.")]),
        *_for_limits(mine.limits()),
        *_for_busy_nodes(wanted),
        *_for_tasks_ahead(mine, now),
    ]


def _wait(what: str, hint: str, name: str = "") -> Wait:
    return {"for": what, "name": name, "hint": hint}


def _for_the_intake(tenant: str, now: datetime) -> Iterator[Wait]:
    closed = intake(now, tenant)
    if closed.waits_for == "intake_paused":
        yield _wait("intake_paused", "An administrator has paused the intake: nothing starts until it is let go on.")
    elif closed.opens_at:
        yield _wait(closed.waits_for, f"No window is open: nothing starts until {closed.opens_at:%Y-%m-%d %H:%M} UTC.")
    elif closed.waits_for:
        yield _wait(closed.waits_for, "No window is open, and none opens within a year.")


def _for_limits(names: Sequence[str]) -> Iterator[Wait]:
    for limit in Limit.objects.filter(name__in=names, used__gte=F("cap")).order_by("name"):
        kind, _, what = limit.name.partition(":")
        where = {"cluster": "in the cluster", "tenant": "of this tenant", "host": f"at the registry {what}"}[kind]
        name = "tenant" if kind == "tenant" else limit.name
        yield _wait(
            "limit", f"{limit.used:g} of {limit.cap} pull jobs {where} run: the next starts when one ends.", name
        )


def _for_busy_nodes(wanted: Collection[str]) -> Iterator[Wait]:
    chosen = set(wanted)
    busy = sum(node in chosen for node in NodeSlot.objects.values_list("node", flat=True))
    if busy:
        verb, come = ("is", "it comes") if busy == 1 else ("are", "they come")
        yield _wait("busy_nodes", f"{busy:,} of the nodes {verb} being pulled on by other tasks: {come} last.")


def _for_tasks_ahead(mine: order.Waiting, now: datetime) -> Iterator[Wait]:
    """Where limits are short, who waits for one of them already and comes first in the order."""
    others = [entry for entry in order.waiting_tasks(now) if set(entry.limits()) & set(mine.limits())]
    if not others:
        return
    rows = Limit.objects.in_bulk({name for entry in [*others, mine] for name in entry.limits()})
    share = order.share_of(mine.task, [*others, mine], order.in_flight_by_tenant(), rows, now)
    if share.places < mine.wants:
        tasks = "1 task waits" if len(others) == 1 else f"{len(others):,} tasks wait"
        yield _wait("tasks_ahead", f"{tasks} for room already: what comes first in the order gets it first.")
