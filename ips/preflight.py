"""Can this installation work with its cluster? Asked before `up` starts, answered in one sentence."""

from __future__ import annotations

from prewarm.binding import WrongCluster, bind
from prewarm.cluster import Cluster, ClusterError, NotConfigured
from prewarm.cluster_setup import missing

REMEDY = "See what to make with: manage.py cluster-setup --print, make it with: manage.py cluster-setup --apply"


def what_is_wrong_with_the_cluster() -> str | None:
    """One line with its remedy, or None when all is well: reachable, the right one, namespace and rights there."""
    try:
        cluster = Cluster(connections=1)
        if problems := missing(cluster):
            return f"{' '.join(problems)} {REMEDY}"
        bind(cluster)
    except (NotConfigured, WrongCluster) as error:
        return str(error)
    except ClusterError as error:
        return f"The Kubernetes API server does not answer as it should: {error.message}"
    return None
