"""Deletes pull jobs of this installation that no row needs any more."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from prewarm import limits
from prewarm.cluster import AlreadyThere, Cluster
from prewarm.orphans import Found, orphans, ours

log = logging.getLogger(__name__)


def find(cluster: Cluster, installation: str) -> list[Found]:
    """What a sweep would delete now."""
    return orphans(ours(cluster, installation), installation, timedelta(seconds=settings.ORPHAN_SECONDS))


def sweep(cluster: Cluster, found: Sequence[Found]) -> int:
    """Delete these by uid, as many as the rate of deletes allows. How many were deleted."""
    deleted = 0
    for orphan in found[: limits.draw(limits.DELETES, len(found))]:
        try:
            deleted += cluster.delete(orphan.path, uid=orphan.uid, background=orphan.kind == "Job")
        except AlreadyThere:
            continue
    if deleted:
        log.info("swept pull jobs that nobody needs", extra={"deleted": deleted})
    return deleted
