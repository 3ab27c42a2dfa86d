"""Why a node or an image is not warm: one table of fixed codes.

Every code says whether the same pull, tried again a little later, could succeed (`transient`), a hint that a person
can act on, and lines of kubectl that show more (`look`). Rows store only the code; the rest is looked up when read, so
it can improve for old tasks too.
"""

from __future__ import annotations

from dataclasses import dataclass

from prewarm import kubectl


@dataclass(frozen=True)
class Reason:
    """One cause of not being warm. `label` says it in words where the code alone would not."""

    code: str
    transient: bool
    hint: str
    look: tuple[str, ...] = ()
    label: str = ""


TABLE = (
    Reason(
        "image_not_found",
        False,
        "The registry has no such image or tag. Check the name and the tag, and that the push has finished.",
        look=(kubectl.PULL_EVENTS,),
    ),
    Reason(
        "unauthorized",
        False,
        "The registry refused to show the image. Name a pull secret of the pull namespace in `pull_secrets`, or check "
        "that the one you named may read this repository.",
        look=(
            kubectl.SECRETS,
            kubectl.PULL_EVENTS,
        ),
        label="the registry refused the credentials",
    ),
    Reason(
        "invalid_reference",
        False,
        "The runtime cannot read this image name. Write it as registry/repository:tag.",
        look=(kubectl.PULL_EVENTS,),
        label="not an image name",
    ),
    Reason(
        "wrong_platform",
        False,
        "The image has no variant for this node's operating system and processor. Choose nodes of the image's "
        "platform (label kubernetes.io/arch) or push a multi-platform image.",
        look=(kubectl.PLATFORMS,),
        label="no image for this platform",
    ),
    Reason(
        "not_an_image",
        False,
        "The registry has something else under this name: an artifact, a manifest of an old kind, or a proxy's page. "
        "Push it as a container image, or correct the name.",
        look=(kubectl.PULL_EVENTS,),
        label="not a container image",
    ),
    Reason(
        "image_damaged",
        True,
        "The content is not what the manifest names, or no archive. Empty caches of proxies and mirrors on the way; "
        "if that does not help, push the image anew.",
        look=(kubectl.PULL_EVENTS,),
        label="image content damaged",
    ),
    Reason(
        "signature_refused",
        False,
        "The runtime's policy does not accept the image's signature. Sign the image, or change the policy on the node.",
        look=(kubectl.PULL_EVENTS,),
        label="signature refused",
    ),
    Reason(
        "never_pulled",
        False,
        "The pull job came out with pull policy Never: an admission webhook changes pods. Exempt the pull namespace.",
        look=(kubectl.PULL_EVENTS,),
        label="pull policy changed to Never",
    ),
    Reason(
        "registry_unreachable",
        True,
        "The node could not reach the registry. Check from that node: DNS, firewall, proxy, and the registry itself.",
        look=(
            kubectl.PULL_EVENTS,
            kubectl.NODE,
        ),
        label="registry not reached",
    ),
    Reason(
        "tls_error",
        False,
        "The node does not trust the registry's certificate. Install its CA on the node, or configure the runtime.",
        look=(
            kubectl.PULL_EVENTS,
            kubectl.NODE,
        ),
        label="the registry's certificate is not trusted",
    ),
    Reason(
        "rate_limited",
        True,
        "The registry or the kubelet limits pulls. Lower `concurrency`, or pull with an account.",
        look=(kubectl.PULL_EVENTS,),
        label="rate limited",
    ),
    Reason(
        "disk_full",
        True,
        "The node ran out of disk while pulling. Free space, or let the kubelet collect images.",
        look=(
            kubectl.NODE,
            kubectl.NODE_EVENTS,
            kubectl.NODE_DISK,
        ),
    ),
    Reason(
        "no_room",
        True,
        "The kubelet had no room for one more pod. Wait for pods to end, or raise its pod limit.",
        look=(
            kubectl.NODE_PODS,
            kubectl.NODE,
        ),
        label="no room for another pod on the node",
    ),
    Reason(
        "node_unready",
        True,
        "The node is not Ready, cannot run new pods or did not answer. Look at its conditions: kubectl describe node.",
        look=(
            kubectl.NODE,
            kubectl.NODE_EVENTS,
        ),
        label="node not ready",
    ),
    Reason(
        "node_cordoned",
        False,
        "The node is cordoned. Uncordon it, or ask with `include_cordoned`.",
        look=(
            kubectl.NODE,
            kubectl.UNCORDON,
        ),
    ),
    Reason(
        "outside_pool",
        False,
        "The node is not in the node pool of the task's tenant. Choose nodes of the pool, or ask a platform "
        "administrator to change the tenant's node_pool or the node's labels.",
        look=(kubectl.NODE,),
        label="outside of the tenant's node pool",
    ),
    Reason(
        "node_gone",
        False,
        "The cluster has no node of this name (any more). Check it with: kubectl get nodes.",
        look=(kubectl.NODES,),
    ),
    Reason(
        "node_leaving",
        False,
        "An autoscaler is removing this node.",
        look=(
            kubectl.NODE,
            kubectl.NODE_EVENTS,
        ),
        label="node about to be removed",
    ),
    Reason(
        "wrong_os",
        False,
        "The node does not run Linux; IPS pulls on Linux nodes only.",
        look=(kubectl.PLATFORMS,),
        label="not a Linux node",
    ),
    Reason(
        "no_disk_headroom",
        False,
        "The node is short of disk (DiskPressure, or too little space). Free space first.",
        look=(
            kubectl.NODE,
            kubectl.NODE_EVENTS,
            kubectl.NODE_DISK,
        ),
        label="too little disk left",
    ),
    Reason(
        "evicted",
        True,
        "The kubelet evicted the pull job, usually for lack of disk or memory on the node.",
        look=(
            kubectl.NODE,
            kubectl.NODE_EVENTS,
            kubectl.PULL_EVENTS,
        ),
        label="evicted by the kubelet",
    ),
    Reason(
        "unschedulable",
        True,
        "The scheduler found no place for the pull job on this node; the message says why.",
        look=(
            kubectl.SCHEDULING,
            kubectl.NODE,
        ),
        label="not placed by the scheduler",
    ),
    Reason(
        "quota_denied",
        True,
        "A ResourceQuota of the pull namespace is used up. Raise it or lower `concurrency`.",
        look=(kubectl.QUOTA,),
        label="denied by a quota",
    ),
    Reason(
        "forbidden",
        False,
        "The API server refused the pull job. Read the message; `manage.py cluster-setup` shows the rights IPS needs.",
        look=(kubectl.PULL_NAMESPACE,),
        label="forbidden by the API server",
    ),
    Reason(
        "rejected",
        False,
        "The API server called the pull job invalid; the message says why.",
        look=(kubectl.PULL_NAMESPACE,),
        label="called invalid by the API server",
    ),
    Reason(
        "deadline_exceeded",
        True,
        "The pull did not end in time. Raise `pull_timeout_seconds` for big images or slow links.",
        look=(
            kubectl.PULL_EVENTS,
            kubectl.NODE,
        ),
        label="took too long",
    ),
    Reason(
        "deleted_externally",
        True,
        "Somebody or something deleted the pull job before it had a result.",
        look=(kubectl.PULL_EVENTS,),
        label="deleted by somebody else",
    ),
    Reason(
        "name_conflict",
        False,
        "An object that is not ours has the name of our pull job. Keep the pull namespace for IPS alone.",
        look=(kubectl.PULL_JOBS,),
        label="its name is taken by a stranger's object",
    ),
    Reason(
        "helper_image_failed",
        True,
        "The helper image could not be pulled or run on this node. Check IPS_HELPER_IMAGE, or leave it empty to pull "
        "without a helper.",
        look=(kubectl.PULL_EVENTS,),
    ),
    Reason(
        "worker_lost",
        False,
        "The workers that held this batch died five times in a row. Look at the workers' logs.",
        label="its workers died",
    ),
    Reason("cancelled", False, "The task was cancelled before this was done."),
    Reason(
        "failure_limit",
        False,
        "The task stopped because too many nodes failed before this one's turn.",
        label="too many nodes failed before",
    ),
    Reason(
        "first_wave_failed",
        False,
        "The first wave failed on every node, so the others were not tried. Mend what its nodes say, then retry.",
        label="the first wave failed",
    ),
    Reason(
        "task_timeout",
        False,
        "The task ran out of time before this was done. Raise `timeout_seconds`.",
        label="the task ran out of time",
    ),
    Reason(
        "no_nodes",
        False,
        "No node matches. Check the selector with: kubectl get nodes -l SELECTOR.",
        label="no node matched",
    ),
    Reason(
        "too_big",
        False,
        "More nodes, or images on nodes, than one task may have. Make several tasks with narrower selectors.",
        label="more than one task may have",
    ),
    Reason(
        "pull_failed",
        True,
        "The runtime could not pull the image; the message is its own.",
        look=(
            kubectl.PULL_EVENTS,
            kubectl.NODE,
        ),
    ),
)

REASONS = {reason.code: reason for reason in TABLE}


def is_transient(code: str) -> bool:
    return REASONS[code].transient


def hint_for(code: str) -> str:
    """What a person can do about it; empty for no reason."""
    return REASONS[code].hint if code else ""


def label_for(code: str) -> str:
    """The reason in words, as a part of a sentence."""
    return REASONS[code].label or code.replace("_", " ") if code else ""


def look_closer(code: str) -> list[str]:
    """Lines of kubectl that show more about this; `{node}` stands for a node's name."""
    return kubectl.filled(REASONS[code].look) if code else []
