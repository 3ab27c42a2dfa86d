"""One pass of a policy: look at its nodes, take over what its tasks came to, ask for what is missing, write how it is.

The order, whatever dies in between: rows of nodes, then in one transaction the task and how the policy stands. A task
that was made is found by its own rows, so nothing is asked for twice; what was taken over twice counts once (`judged`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from rest_framework.exceptions import ValidationError

from ips.problems import Conflict, Problem, field_errors
from prewarm.clock import database_now
from prewarm.crash_points import crash_point
from prewarm.models import NodeView, Policy, PolicyNode, PolicyState, Task
from prewarm.policies import asking, telling
from prewarm.policies.following import Connect, follow
from prewarm.policies.looking import Found, look
from prewarm.policies.outcomes import Outcomes, outcomes
from prewarm.policies.wanted import Wanted, wanted
from prewarm.transactions import retried
from prewarm.upsert import upsert

log = logging.getLogger(__name__)

HELD = timedelta(seconds=60)  # so long nobody else takes up a policy whose pass died
STALE = timedelta(seconds=10)
NOWHERE = "No node matches it now."  # a pool may be empty for a while, or the selector is mistyped
_WRITTEN = ("uid", "since", "blocked", "open", "gaps")


class Superseded(Exception):
    """Another pass holds the policy, or it was changed or paused meanwhile."""


def claim(policy: Policy, now: datetime) -> bool:
    """Hold the policy for a pass; false when somebody else does, or it was changed or paused since it was read."""
    mine = Policy.objects.filter(pk=policy.pk, token=policy.token, paused_at=None)
    if mine.update(token=F("token") + 1, due_at=now + HELD) != 1:
        return False
    policy.token += 1
    return True


def run(policy: Policy, cluster: Connect | None) -> Task | None:
    """A pass over a policy that is claimed; the task that it made, if any. Raises Superseded.

    `cluster` gives the connection to read workloads by; without it those that were read last count.
    """
    started = time.monotonic()
    now = database_now()
    view = NodeView.load()
    if not view.fresh(now):
        _fenced(policy, waits_for="node_view_stale", due_at=now + STALE)
        return None
    followed, trouble = follow(policy, cluster, now)
    wish = wanted(policy.tenant, images=policy.images, image_lists=policy.image_lists, followed=followed)
    past = outcomes(policy)
    found = look(policy, wish, past, view, now)
    _write_rows(policy, found, len(wish.images))
    crash_point("policy_rows_written", policy.name)
    problems = [*([trouble] if trouble else []), *wish.problems, *telling.failing(found.failing)]
    choice = asking.choose(policy, wish, past, found.seen, int(now.timestamp()))
    task = _conclude(policy, wish, followed, past, found, choice, problems, now)
    crash_point("policy_passed", policy.name)
    log.info(
        "policy pass",
        extra={"policy": policy.name, "nodes": len(found.seen), "seconds": round(time.monotonic() - started, 3)},
    )
    return task


def _write_rows(policy: Policy, found: Found, images: int) -> None:
    """Rows that changed, few enough at a time that no statement is big and no transaction long."""
    at_once = 500 if images <= 100 else 100
    changed = [seen.row for seen in found.seen if seen.changed]
    for start in range(0, len(changed), at_once):
        part = changed[start : start + at_once]
        old = [row for row in part if row.pk]
        new = [row for row in part if not row.pk]

        def work(old: list[PolicyNode] = old, new: list[PolicyNode] = new) -> None:
            _hold(policy)
            upsert(old, _WRITTEN)
            PolicyNode.objects.bulk_create(new)

        retried(work)
    for start in range(0, len(found.gone), 500):
        gone = found.gone[start : start + 500]

        def forget(gone: list[int] = gone) -> None:
            _hold(policy)
            PolicyNode.objects.filter(pk__in=gone).delete()

        retried(forget)


def _conclude(
    policy: Policy,
    wish: Wanted,
    followed: Mapping[str, Any] | None,
    past: Outcomes,
    found: Found,
    choice: asking.Choice,
    problems: list[str],
    now: datetime,
) -> Task | None:
    """Make the task, and write how the policy stands, in one transaction; again without a task that is refused."""
    standing = {
        "nodes": len(found.seen),
        "pairs": found.pairs,
        "warm": found.warm,
        "missing": found.missing,
        "unknown": found.unknown,
        "wanted": wish.images,
        "checked_at": now,
        **({"followed": followed} if followed is not policy.followed else {}),
    }

    def work() -> Task | None:
        due = _due(policy, found, past, choice, now)
        task = None
        if choice.nodes:
            _hold(policy)
            task = asking.ask(policy, wish, choice)
        crash_point("policy_asked", policy.name)
        state = _state(found, problems)
        values = {
            **standing,
            "problem": (" ".join(problems) or ("" if found.seen else NOWHERE))[:500],
            "waits_for": choice.waits_for,
            "unabsorbed": [*past.left, *([str(task.pk)] if task else [])],
            "asked": choice.asked_with(len(choice.nodes) if task else 0),
            "due_at": due,
            "state": state,
            **({"state_since": now} if state != policy.state else {}),
        }
        _fenced(policy, **values)
        if state != policy.state:
            telling.announce_state(policy, state, found, problems, now)
        return task

    try:
        return retried(work)
    except (Problem, ValidationError) as refused:
        problems.append(_words(refused))
        choice = asking.Choice(asked=choice.asked, waits_for="refused")
        found.next_at.append(int(now.timestamp() + settings.POLICY_RETRY_SECONDS))
        return retried(work)


def _words(refused: Problem | ValidationError) -> str:
    if isinstance(refused, ValidationError):
        first = field_errors(refused)[0]
        return f"Its task is refused: {first['pointer']}: {first['detail']}"
    what = "Its task has to wait" if isinstance(refused, Conflict) else "Its task is refused"
    return f"{what}: {refused.detail}"


def _state(found: Found, problems: list[str]) -> PolicyState:
    """By the nodes that can be pulled on: some of thousands are always away, and come back by themselves."""
    if problems:
        return PolicyState.CANNOT
    return PolicyState.GAP if found.reachable else PolicyState.COVERED


def _due(policy: Policy, found: Found, past: Outcomes, choice: asking.Choice, now: datetime) -> datetime:
    """When to look again if nothing is heard of the nodes before."""
    seconds = min(policy.recheck_seconds, settings.POLICY_FOLLOW_SECONDS if policy.follow else policy.recheck_seconds)
    epoch = now.timestamp()
    waits = [at - epoch for at in (*found.next_at, *choice.next_at) if at > epoch]
    if past.unfinished or choice.nodes:
        waits.append(settings.POLICY_LEAST_SECONDS)
    return now + timedelta(seconds=max(1.0, min([seconds, *waits])))


def _hold(policy: Policy) -> None:
    """Keep the policy for this transaction; raises Superseded when it is another's, paused, changed or gone."""
    if Policy.objects.filter(pk=policy.pk, token=policy.token, paused_at=None).update(token=policy.token) != 1:
        raise Superseded


def _fenced(policy: Policy, **values: Any) -> None:
    if Policy.objects.filter(pk=policy.pk, token=policy.token, paused_at=None).update(**values) != 1:
        raise Superseded
