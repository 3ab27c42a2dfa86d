"""What RQ runs, and what each tick does, for deliveries."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cache

from django.db import close_old_connections

from prewarm.models import Duty
from prewarm.transactions import AWAY
from webhooks import claims
from webhooks.doorbell import ring_deliveries
from webhooks.models import Delivery
from webhooks.retention import prune
from webhooks.rounds import Rounds

log = logging.getLogger(__name__)

PRUNE_EVERY = timedelta(minutes=1)


@cache
def rounds() -> Rounds:
    """This process' own, for as long as it lives."""
    return Rounds()


def deliver() -> None:
    """Serve what is due, then ring for whoever goes on."""
    close_old_connections()
    try:
        more = rounds().go()
    except AWAY as error:
        log.warning("nothing is delivered: the database does not answer", extra={"error": str(error)})
        return  # the next tick rings again
    if more:
        ring_deliveries()


def stop() -> None:
    rounds().stop()


def look_after(now: datetime) -> None:
    """At each tick: ring if something is due; once a minute, delete what is over for long."""
    if Delivery.objects.filter(claims.due(now)).exists():
        ring_deliveries()
    if Duty.claim("deliveries", PRUNE_EVERY):
        prune(now)
