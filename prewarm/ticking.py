"""The tick: every few seconds, rung by anybody, harmless twice. It finds what fell between two chairs."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings

from prewarm import announce, claims, limits, newer_tasks, sweep
from prewarm.clock import database_now
from prewarm.cluster import ClusterError
from prewarm.doorbell import ring_turns
from prewarm.models import Duty
from prewarm.policies import rounds
from prewarm.retention import prune
from prewarm.runtime import Runtime

log = logging.getLogger(__name__)

PRUNE_EVERY = timedelta(minutes=1)


def tick(runtime: Runtime) -> None:
    """1. Bring the limits' caps to the settings. 2. Ring for batches that are due and that nobody holds.

    3. Say of tasks for newer workers that they wait. 4. Once a minute, delete what is over for long. 5. Now and then,
    sweep pull jobs that nobody needs. 6. Look after policies that are due. 7. What other apps have to do.
    """
    limits.follow_settings()
    if work_is_due():
        ring_turns()
    newer_tasks.tell(database_now())
    if Duty.claim("retention", PRUNE_EVERY):
        prune(database_now())
    if Duty.claim("sweep", timedelta(seconds=settings.ORPHAN_SECONDS)):
        try:
            sweep.sweep(runtime.cluster, sweep.find(runtime.cluster, runtime.installation))
        except ClusterError as error:
            log.warning("sweep put off", extra={"error": error.message})
    rounds.look_after(lambda: runtime.cluster)
    for chore in announce.chores():
        chore(database_now())


def work_is_due() -> bool:
    """Whether somebody should take a turn; in the middle of an update perhaps one of the newer workers."""
    return claims.due(database_now(), newer_tasks.NEWEST).exists()
