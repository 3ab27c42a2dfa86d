"""Why a node or an image is not warm: one table of fixed codes.

Every code says whether the same pull, tried again a little later, could succeed (`transient`), and a hint that a
person can act on. Rows store only the code; hints are looked up when read, so they can improve for old tasks too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One cause of not being warm."""

    code: str
    transient: bool
    hint: str


TABLE = (
    Reason(
        "image_not_found",
        False,
        "The registry has no such image or tag. Check the name and the tag, and that the push has finished.",
    ),
    Reason(
        "unauthorized",
        False,
        "The registry refused to show the image. Name a pull secret of the pull namespace in `pull_secrets`, or check "
        "that the one you named may read this repository.",
    ),
    Reason("invalid_reference", False, "The runtime cannot read this image name. Write it as registry/repository:tag."),
    Reason(
        "wrong_platform",
        False,
        "The image has no variant for this node's operating system and processor. Choose nodes of the image's "
        "platform (label kubernetes.io/arch) or push a multi-platform image.",
    ),
    Reason(
        "registry_unreachable",
        True,
        "The node could not reach the registry. Check from that node: DNS, firewall, proxy, and the registry itself.",
    ),
    Reason(
        "tls_error",
        False,
        "The node does not trust the registry's certificate. Install its CA on the node, or configure the runtime.",
    ),
    Reason(
        "rate_limited", True, "The registry or the kubelet limits pulls. Lower `concurrency`, or pull with an account."
    ),
    Reason("disk_full", True, "The node ran out of disk while pulling. Free space, or let the kubelet collect images."),
    Reason("no_room", True, "The kubelet had no room for one more pod. Wait for pods to end, or raise its pod limit."),
    Reason(
        "node_unready",
        True,
        "The node is not Ready or did not answer. Look at: kubectl describe node.",
    ),
    Reason("node_cordoned", False, "The node is cordoned. Uncordon it, or ask with `include_cordoned`."),
    Reason("node_gone", False, "The cluster has no node of this name (any more). Check it with: kubectl get nodes."),
    Reason("node_leaving", False, "An autoscaler is removing this node."),
    Reason("wrong_os", False, "The node does not run Linux; IPS pulls on Linux nodes only."),
    Reason(
        "no_disk_headroom", False, "The node is short of disk (DiskPressure, or too little space). Free space first."
    ),
    Reason("evicted", True, "The kubelet evicted the pull job, usually for lack of disk or memory on the node."),
    Reason("unschedulable", True, "The scheduler found no place for the pull job on this node; the message says why."),
    Reason("quota_denied", True, "A ResourceQuota of the pull namespace is used up. Raise it or lower `concurrency`."),
    Reason(
        "forbidden",
        False,
        "The API server refused the pull job. Read the message; `manage.py cluster-setup` shows the rights IPS needs.",
    ),
    Reason("rejected", False, "The API server called the pull job invalid; the message says why."),
    Reason(
        "deadline_exceeded",
        True,
        "The pull did not end in time. Raise `pull_timeout_seconds` for big images or slow links.",
    ),
    Reason("deleted_externally", True, "Somebody or something deleted the pull job before it had a result."),
    Reason(
        "name_conflict",
        False,
        "An object that is not ours has the name of our pull job. Keep the pull namespace for IPS alone.",
    ),
    Reason(
        "helper_image_failed",
        True,
        "The helper image could not be pulled or run on this node. Check IPS_HELPER_IMAGE, or leave it empty to pull "
        "without a helper.",
    ),
    Reason(
        "worker_lost", False, "The workers that held this batch died five times in a row. Look at the workers' logs."
    ),
    Reason("cancelled", False, "The task was cancelled before this was done."),
    Reason("failure_limit", False, "The task stopped because too many nodes failed before this one's turn."),
    Reason("task_timeout", False, "The task ran out of time before this was done. Raise `timeout_seconds`."),
    Reason("no_nodes", False, "No node matches. Check the selector with: kubectl get nodes -l SELECTOR."),
    Reason("pull_failed", True, "The runtime could not pull the image; the message is its own."),
)

REASONS = {reason.code: reason for reason in TABLE}


def is_transient(code: str) -> bool:
    return REASONS[code].transient


def hint_for(code: str) -> str:
    """What a person can do about it; empty for no reason."""
    return REASONS[code].hint if code else ""
