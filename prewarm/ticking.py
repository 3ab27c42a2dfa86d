"""The tick: every few seconds, rung by anybody, harmless twice. It finds what fell between two chairs."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings

from prewarm import claims, limits
from prewarm.clock import database_now
from prewarm.cluster import ClusterError
from prewarm.doorbell import ring_turns
from prewarm.models import SPEC_VERSION, Duty
from prewarm.retention import prune
from prewarm.runtime import Runtime
from prewarm.sweep import sweep

log = logging.getLogger(__name__)

NEWEST = 32_767
PRUNE_EVERY = timedelta(minutes=1)


def tick(runtime: Runtime) -> None:
    """1. Bring the limits' caps to the settings. 2. Ring for batches that are due and that nobody holds.

    3. Once a minute, delete what is over for long. 4. Now and then, sweep pull jobs that nobody needs.
    """
    limits.follow_settings()
    if work_is_due():
        ring_turns()
    if Duty.claim("retention", PRUNE_EVERY):
        prune(database_now())
    if Duty.claim("sweep", timedelta(seconds=settings.ORPHAN_SECONDS)):
        try:
            sweep(runtime.cluster, runtime.installation)
        except ClusterError as error:
            log.warning("sweep put off", extra={"error": error.message})


def work_is_due() -> bool:
    """Whether a worker of this version should take a turn; what only a newer one understands is told in the log."""
    now = database_now()
    if claims.due(now).exists():
        return True
    if claims.due(now, NEWEST).exists():
        log.warning("tasks wait for workers of a newer version", extra={"spec_version": SPEC_VERSION})
    return False
