"""When a policy's workloads are read anew, and what counts while they cannot be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from prewarm.cluster import Cluster, ClusterError
from prewarm.models import Policy
from prewarm.policies import workloads

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)  # whatever keeps us from asking for longer was written before the clock was set back
Connect = Callable[[], Cluster]


def follow(policy: Policy, cluster: Connect | None, now: datetime) -> tuple[Mapping[str, Any] | None, str]:
    """The workloads as last read, read anew where that is long ago; and what kept us from it.

    An API server that does not answer, or asks to be left alone, is not asked again at once.
    """
    if not policy.follow:
        return None, ""
    kept: Mapping[str, Any] = policy.followed or workloads.NOTHING
    fresh = timedelta(seconds=settings.POLICY_FOLLOW_SECONDS)
    if kept["read_at"] and abs(now - datetime.fromisoformat(kept["read_at"])) < fresh:  # else: clocks were set back
        return kept, ""
    if cluster is None or ("not_before" in kept and now < datetime.fromisoformat(kept["not_before"]) < now + HOUR):
        return kept, str(kept.get("trouble", ""))
    attached = set(policy.tenant.followed_namespaces or ())
    try:
        return workloads.read(cluster(), policy.follow, attached, now), ""
    except ClusterError as error:
        log.warning("workloads not read", extra={"policy": policy.name, "error": error.message})
        trouble = workloads.unreadable(error)
        again = now + max(fresh, timedelta(seconds=error.retry_after))
        return {**kept, "not_before": again.isoformat(), "trouble": trouble}, trouble
