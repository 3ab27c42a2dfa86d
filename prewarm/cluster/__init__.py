"""The Kubernetes API as IPS uses it. Nothing outside this package imports `kubernetes`."""

from prewarm.cluster.client import Cluster, Watched
from prewarm.cluster.errors import (
    AlreadyThere,
    ClusterBusy,
    ClusterError,
    ClusterUnreachable,
    NotConfigured,
    Refused,
    ResourceExpired,
)

__all__ = [
    "AlreadyThere",
    "Cluster",
    "ClusterBusy",
    "ClusterError",
    "ClusterUnreachable",
    "NotConfigured",
    "Refused",
    "ResourceExpired",
    "Watched",
]
