"""Which policies are looked at now: at each tick those that are due, and those whose nodes changed."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings

from prewarm.clock import database_now
from prewarm.models import NodeView, Policy
from prewarm.policies import passing
from prewarm.policies.following import Connect
from prewarm.policies.passing import HELD, Superseded
from prewarm.transactions import AWAY

log = logging.getLogger(__name__)

TICK_SHARE_SECONDS = 5.0  # the tick has other chores; what is left waits for the next one
BROKEN = timedelta(seconds=60)
ROOM = timedelta(minutes=1)


def look_after(cluster: Connect | None) -> int:
    """Passes over what is due, the longest due first; how many. That two do this at once is harmless.

    `cluster` gives a connection for what has to be read there.
    """
    started = time.monotonic()
    now = database_now()
    done = 0
    for policy in due(now):
        if done and time.monotonic() - started > TICK_SHARE_SECONDS:
            break
        done += look_at(policy, cluster, now)
    return done


def due(now: datetime) -> list[Policy]:
    """Those whose time has come, and those that were last looked at before the nodes changed.

    News count only some time after the last pass: where thousands of nodes pull, something changes all the time. One
    that is due later than its own rhythm says was put off before the clock was set back.
    """
    changed_at = NodeView.load().changed_at
    rest = timedelta(seconds=settings.POLICY_LEAST_SECONDS)
    found = []
    rows = Policy.objects.filter(paused_at=None).values_list("pk", "due_at", "checked_at", "recheck_seconds")
    for pk, due_at, checked_at, recheck_seconds in rows:
        farthest = now + max(timedelta(seconds=recheck_seconds), HELD, BROKEN) + ROOM
        news = bool(checked_at and changed_at and checked_at <= changed_at and checked_at + rest <= now)
        if news or due_at <= now or due_at > farthest:
            found.append((due_at, pk))
    order = [pk for _, pk in sorted(found)]
    policies = Policy.objects.select_related("tenant").in_bulk(order)
    return [policies[pk] for pk in order if pk in policies]


def look_at(policy: Policy, cluster: Connect | None, now: datetime) -> bool:
    """One pass, unless another holds the policy. One that breaks is put off, and keeps no other back."""
    if not passing.claim(policy, now):
        return False
    try:
        passing.run(policy, cluster)
    except Superseded:
        log.info("a pass was overtaken", extra={"policy": policy.name})
    except AWAY:
        raise
    except Exception:
        log.exception("a policy's pass broke", extra={"policy": str(policy.pk)})
        Policy.objects.filter(pk=policy.pk, token=policy.token).update(due_at=database_now() + BROKEN)
    return True
