"""Deletes pull jobs of this installation that no row needs any more: what a killed worker left behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from prewarm import limits
from prewarm.clock import database_now
from prewarm.cluster import AlreadyThere, Cluster
from prewarm.cluster.paths import jobs, pods
from prewarm.manifests import INSTALLATION_LABEL, PULL_JOB_LABEL
from prewarm.models import NodeSlot

log = logging.getLogger(__name__)


def sweep(cluster: Cluster, installation: str) -> int:
    """Objects first, rows second: whatever gets its slot in between is seen as needed. How many were deleted.

    A slot's pull job is its holder's to delete, so it is left alone; so is anything younger than the grace time.
    """
    query = {"labelSelector": f"{INSTALLATION_LABEL}={installation}"}
    found: list[tuple[Callable[[str], str], dict[str, Any]]] = []
    kinds: tuple[Callable[[str], str], ...] = (jobs, pods)
    for path in kinds:
        for items, _ in cluster.pages(path(""), query):
            found += [(path, item) for item in items]
    needed = set(NodeSlot.objects.values_list("pull_job", flat=True))
    old = database_now() - timedelta(seconds=settings.ORPHAN_SECONDS)
    orphans = [
        (path, item["metadata"])
        for path, item in found
        if (item["metadata"].get("labels") or {}).get(PULL_JOB_LABEL) not in needed
        and not item["metadata"].get("deletionTimestamp")
        and datetime.fromisoformat(item["metadata"]["creationTimestamp"]) < old
    ]
    deleted = 0
    for path, metadata in orphans[: limits.draw(limits.DELETES, len(orphans))]:
        try:
            deleted += cluster.delete(path(metadata["name"]), uid=metadata["uid"], background=path is jobs)
        except AlreadyThere:
            continue
    if deleted:
        log.info("swept pull jobs that nobody needs", extra={"deleted": deleted})
    return deleted
