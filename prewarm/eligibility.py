"""Which nodes are skipped before anything is created there, and why.

Asked when a task is planned or previewed, and again at dispatch.
"""

from __future__ import annotations

from django.conf import settings

from prewarm.models import Node

# Set by the cluster autoscaler and by Karpenter on nodes that they are about to remove.
LEAVING = frozenset(
    {
        "ToBeDeletedByClusterAutoscaler",
        "DeletionCandidateOfClusterAutoscaler",
        "karpenter.sh/disruption",
        "karpenter.sh/disrupted",
        "node.kubernetes.io/out-of-service",
    }
)


def skip_reason(node: Node, *, include_cordoned: bool) -> str:
    """The reason code why nothing should be pulled on this node now, or an empty string."""
    if node.os and node.os != "linux":
        return "wrong_os"
    if any(taint.get("key") in LEAVING for taint in node.taints):
        return "node_leaving"
    if not node.ready:
        return "node_unready"
    if node.unschedulable and not include_cordoned:
        return "node_cordoned"
    if node.disk_pressure or 0 < node.disk_bytes < settings.DISK_HEADROOM_BYTES:
        return "no_disk_headroom"
    return ""
