"""What RQ runs: a turn, a tick. Entry points only; they take no arguments and return nothing."""

from __future__ import annotations

import logging
from functools import cache

from django.db import close_old_connections

from prewarm.cluster import ClusterError
from prewarm.doorbell import ring_turns
from prewarm.runtime import Runtime
from prewarm.ticking import tick as one_tick
from prewarm.transactions import AWAY
from prewarm.turn import Turn

log = logging.getLogger(__name__)


@cache
def runtime() -> Runtime:
    """This process' own, for as long as it lives."""
    return Runtime()


def turn() -> None:
    """Work on what is due, then ring for whoever takes the next turn."""
    close_old_connections()
    try:
        runtime().ready()
    except ClusterError as error:
        log.warning("no turn: the API server does not answer", extra={"error": error.message})
        return  # the next tick rings again
    try:
        more = Turn(runtime()).run()
    except AWAY as error:
        log.warning("no turn: the database does not answer", extra={"error": str(error)})
        return
    if more:
        ring_turns()


def tick() -> None:
    """Find what is due. A database that is away is found again by the next tick."""
    close_old_connections()
    try:
        one_tick(runtime())
    except AWAY as error:
        log.warning("no tick: the database does not answer", extra={"error": str(error)})
