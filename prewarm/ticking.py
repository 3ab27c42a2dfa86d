"""The tick: every few seconds, rung by anybody, harmless twice. It finds what fell between two chairs."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from prewarm import limits
from prewarm.clock import database_now
from prewarm.cluster import ClusterError
from prewarm.doorbell import ring_turns
from prewarm.models import Batch, BatchStatus, Duty
from prewarm.retention import prune
from prewarm.runtime import Runtime
from prewarm.sweep import sweep

log = logging.getLogger(__name__)

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
    now = database_now()
    free = Q(holder="") | Q(lease_until__lt=now)
    wanted = Q(status=BatchStatus.OPEN) | Q(status=BatchStatus.PLANNED, task__cancel_requested_at__isnull=False)
    return Batch.objects.filter(free, wanted, due_at__lte=now).exists()
