"""What a task waits for, since when and because of whom, in plain words: found out when somebody looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min, Q

from prewarm.clock import database_now
from prewarm.intake import CLOSED, intake
from prewarm.models import Batch, BatchStatus, Limit, NodeResult, NodeSlot, NodeStatus, Task

# Ends the sentence "waiting for …". Limits are named by what they limit: `cluster`, `host:docker.io`, `tenant:<uuid>`.
LIMITS = {
    "cluster": "room in the cluster",
    "host": "room at the registry {what}",
    "tenant": "room for its tenant",
}
WORDS = LIMITS | {
    "node_busy": "nodes on which another task pulls",
    "node_view_stale": "news of the nodes: the watcher has not heard from the API server for a while",
    "cluster_unreachable": "the API server, which does not answer",
    "cluster_refuses": "rights in the cluster: its API server refuses what IPS asks (see manage.py doctor)",
    "intake_paused": "an administrator to let pulls start again: the intake of all tasks is paused",
    "window": "the next time window in which pulls may start",
    "tenant_window": "the next time window in which pulls of its tenant may start",
    "paused": "somebody to resume it",
    "next_attempt": "its next attempt",
    "newer_version": "a worker of a newer version: none of those that run understands all that it asks for",
    "no_worker": "a worker: none has taken it up (is one running? see manage.py doctor)",
}
# What passes by itself within a moment.
NOT_WORTH_SAYING = frozenset({"", "own_limit", "lease_lost", "changed"})


class Holder(TypedDict):
    """A task that has what another waits for."""

    task: str
    title: str
    pull_jobs: int


class Wait(TypedDict):
    """`until` is known only where a time is waited for; `held_by` only where tasks are, most pull jobs first."""

    reason: str
    text: str
    since: datetime | None
    until: datetime | None
    held_by: list[Holder]


def in_words(code: str) -> str:
    """Ends the sentence "waiting for …"; empty when there is nothing worth saying."""
    if code in NOT_WORTH_SAYING:
        return ""
    kind, _, what = code.partition(":")
    return WORDS.get(kind, kind.replace("_", " ")).format(what=what)


def waits_for(task: Task, *, across_tenants: bool = False) -> Wait | None:
    """Why nothing new of this task starts right now; None when that is as it should be.

    1. Paused by somebody. 2. Nobody has taken its batches up. 3. What its last holder has written down: a limit, busy
    nodes, news of the cluster. 4. Nothing runs, and all that is left waits for the time of its next attempt.

    Only a platform administrator may be told of other tenants' tasks (`across_tenants`).
    """
    if task.finished:
        return None
    if task.paused_at and not task.stop_reason:
        return _wait("paused", task.paused_at)
    now = database_now()
    if since := _not_taken_up_since(task, now):
        return _wait("newer_version" if task.waiting_reason == "newer_version" else "no_worker", since)
    if in_words(task.waiting_reason) and not task.stop_reason:
        code = task.waiting_reason
        until = intake(now, task.tenant_id).opens_at if code in CLOSED else None
        held_by = _holders(task, across_tenants)
        return _wait(code, task.waiting_since, text=_with_figures(code), until=until, held_by=held_by)
    return _next_attempt(task, now) if task.planned_at and not task.active else None


def _wait(
    code: str,
    since: datetime | None,
    *,
    text: str = "",
    until: datetime | None = None,
    held_by: Iterable[Holder] = (),
) -> Wait:
    return Wait(reason=code, text=text or in_words(code), since=since, until=until, held_by=list(held_by))


def _with_figures(code: str) -> str:
    """`room in the cluster (100 of 100 pull jobs run)`."""
    limit = Limit.objects.filter(name=code).first() if code.partition(":")[0] in LIMITS else None
    return in_words(code) + (f" ({limit.used:g} of {limit.cap} pull jobs run)" if limit else "")


def _not_taken_up_since(task: Task, now: datetime) -> datetime | None:
    """Since when work of this task is due, while no worker holds any of its batches; None when all is well."""
    wanted = Q(status=BatchStatus.OPEN) | (Q(status=BatchStatus.PLANNED) if task.stop_reason else Q(pk__in=()))
    rows = Batch.objects.filter(wanted, task=task).values_list("holder", "lease_until", "due_at")
    due: list[datetime] = []
    for holder, lease_until, due_at in rows:
        if holder and lease_until and lease_until > now:
            return None
        due.append(max(due_at, lease_until) if holder and lease_until else due_at)
    since = min(due, default=now)
    return since if now - since > timedelta(seconds=settings.UNCLAIMED_SECONDS) else None


def _next_attempt(task: Task, now: datetime) -> Wait | None:
    left = NodeResult.objects.filter(task=task, status=NodeStatus.PENDING)
    found = left.filter(not_before__gt=now).aggregate(nodes=Count("pk"), first=Min("not_before"))
    if not found["nodes"] or left.filter(Q(not_before=None) | Q(not_before__lte=now)).exists():
        return None
    nodes = found["nodes"]
    text = f"the next attempt on {nodes} node{'' if nodes == 1 else 's'}"
    return _wait("next_attempt", None, text=text, until=found["first"])


def _holders(task: Task, across_tenants: bool) -> list[Holder]:
    """The other tasks whose pull jobs are in the way."""
    counts = Counter(_in_the_way(task))
    others = Task.objects.filter(pk__in=counts).exclude(pk=task.pk)
    if not across_tenants:
        others = others.filter(tenant_id=task.tenant_id)
    held = [Holder(task=str(other.pk), title=other.title, pull_jobs=counts[other.pk]) for other in others]
    return sorted(held, key=lambda holder: (-holder["pull_jobs"], holder["task"]))


def _in_the_way(task: Task) -> Iterator[UUID]:
    """The task of each pull job that counts in the limit, or sits on a node, that this task waits for."""
    kind, _, what = task.waiting_reason.partition(":")
    slots = NodeSlot.objects.all()
    if kind == "node_busy":
        slots = slots.filter(node__in=task.node_results.filter(status=NodeStatus.PENDING).values("node"))
    elif kind == "tenant":
        slots = slots.filter(tenant_id=what)
    elif kind not in LIMITS:
        return
    for pk, hosts in slots.values_list("batch__task_id", "hosts"):
        if kind != "host" or what in hosts:
            yield pk
