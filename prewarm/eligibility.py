"""Which nodes are skipped before anything is created there, and why.

Asked when a task is planned or previewed, and again at dispatch.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from prewarm.models import Node
from prewarm.selectors import parse

# Set by the cluster autoscaler (utils/taints), by Karpenter (before and since its 1.0) and by cloud controllers on
# nodes that are about to be removed or are off.
LEAVING = frozenset(
    {
        "ToBeDeletedByClusterAutoscaler",
        "DeletionCandidateOfClusterAutoscaler",
        "karpenter.sh/disruption",
        "karpenter.sh/disrupted",
        "node.kubernetes.io/out-of-service",
        "node.cloudprovider.kubernetes.io/shutdown",
    }
)
# Conditions that a pull job would die or wait of although the node is Ready; the node controller tells them as taints.
CANNOT_RUN = frozenset({"node.kubernetes.io/network-unavailable", "node.kubernetes.io/pid-pressure"})


# The columns of a node that decide; `labels` too where there is a pool.
DECIDING = ("name", "taints", "unschedulable", "ready", "disk_pressure", "os", "arch", "disk_bytes", "marks")


def in_pool(labels: Mapping[str, str], pool: str) -> bool:
    return not pool or parse(pool).matches(labels)


def skip_reason(node: Node, *, include_cordoned: bool, pool: str = "") -> str:
    """The reason code why nothing should be pulled on this node now, or an empty string.

    `pool` is the selector of the tenant's node pool. It is never merged with what the task asks for: both must match.
    """
    if pool and not in_pool(node.labels, pool):  # the labels may not be loaded where nobody needs them
        return "outside_pool"
    if node.os and node.os != "linux":
        return "wrong_os"
    taints = {taint.get("key") for taint in node.taints}
    if taints & LEAVING:
        return "node_leaving"
    if not node.ready or taints & CANNOT_RUN:
        return "node_unready"
    if node.unschedulable and not include_cordoned:
        return "node_cordoned"
    if node.disk_pressure or 0 < node.disk_bytes < settings.DISK_HEADROOM_BYTES:
        return "no_disk_headroom"
    return ""
