"""What a pod's status says about each image: the rules of the verdict.

An image is on the node if its container has an `imageID`, or waits for a reason that only comes after the pull: the
kubelet pulls, then makes the container's configuration, then creates and starts it (kubelet startContainer).
`terminated` alone proves nothing: on delete, eviction and deadline the kubelet writes it onto containers that never
pulled. An image has failed on ErrImagePull and its kin; a back-off is the same failure told again, often without its
cause. Events never decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prewarm.classify import reason_for_pull_error

AFTER_PULL = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "CrashLoopBackOff",
        "PostStartHookError",
    }
)
PULL_FAILED = frozenset(
    {
        "ErrImagePull",
        "ErrImageNeverPull",
        "ImageInspectError",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
_BACK_OFF_CAUSE = re.compile(r"^Back-off pulling image .*?: (ErrImagePull|RegistryUnavailable|\w+): (.+)$", re.DOTALL)
# What moves a terminal's cursor or turns the direction of a text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
MAX_MESSAGE = 1024
_REPOSITORY_DIGEST = re.compile(r"@(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$", re.ASCII)

# Why a kubelet ended a pod (status.reason of phase Failed) → our reason.
_POD_ENDS = {
    "DeadlineExceeded": "deadline_exceeded",
    "Evicted": "evicted",
    "Preempting": "evicted",
    "NodeLost": "node_unready",
    "NodeShutdown": "node_unready",
    "Shutdown": "node_unready",
    "Terminated": "node_unready",
    "NodeAffinity": "unschedulable",
    "UnexpectedAdmissionError": "no_room",
}


@dataclass(frozen=True)
class Verdict:
    """What one container proves: `pulled`, with the digest if the runtime tells one; or failed with a reason and its
    own words.
    """

    pulled: bool
    reason: str = ""
    message: str = ""
    digest: str = field(default="", compare=False)


PULLED = Verdict(True)


@dataclass
class Judgement:
    """What one look at a pod tells.

    `verdicts` by container number; `ended` when the kubelet will do nothing more here, with `end_reason` for the
    containers that have no verdict ("" when nobody can know: ask again); `answered` once a kubelet has seen the pod.
    """

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    ended: bool = False
    end_reason: str = ""
    end_message: str = ""
    answered: bool = False
    unschedulable: str = ""


def judge(pod: Mapping[str, Any], images: Sequence[str]) -> Judgement:
    """Look at a pod once. `images[n]` is what container img<n> pulls."""
    status = pod.get("status") or {}
    found = Judgement(answered=bool(status.get("startTime")))
    helper = _helper_failure(status)
    by_name = {entry["name"]: entry for entry in status.get("containerStatuses") or ()}
    for number, image in enumerate(images):
        verdict = _container_verdict(by_name.get(f"img{number}"), image)
        if verdict is None and helper:
            verdict = helper
        if verdict is not None:
            found.verdicts[number] = verdict
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            found.unschedulable = clean(condition.get("message") or condition.get("reason") or "unschedulable")
    if status.get("phase") in ("Succeeded", "Failed"):
        found.ended = True
        found.end_reason = _end_reason(status)
        found.end_message = clean(status.get("message") or status.get("reason") or "")
    return found


def latch(kept: dict[int, Verdict], new: Mapping[int, Verdict]) -> bool:
    """Keep what a new look proves: pulled outranks failed, nothing outranks pulled. True if anything changed."""
    changed = False
    for number, verdict in new.items():
        before = kept.get(number)
        if before is None or (not before.pulled and before != verdict):
            kept[number] = verdict
            changed = True
    return changed


def clean(message: str) -> str:
    """A message fit for a row: no control characters, at most 1 KB of UTF-8."""
    encoded = _CONTROL.sub(" ", message).strip().encode("utf-8", "replace")
    if len(encoded) <= MAX_MESSAGE:
        return encoded.decode()
    return encoded[: MAX_MESSAGE - 3].decode("utf-8", "ignore") + "…"


def _container_verdict(entry: Mapping[str, Any] | None, image: str) -> Verdict | None:
    if entry is None:
        return None
    if image_id := entry.get("imageID"):
        return Verdict(True, digest=_digest_in(image_id))
    waiting = (entry.get("state") or {}).get("waiting") or {}
    reason, message = waiting.get("reason") or "", waiting.get("message") or ""
    if reason in AFTER_PULL:
        return PULLED
    if reason == "ImagePullBackOff":
        cause = _BACK_OFF_CAUSE.match(message)
        if not cause:
            return None  # before Kubernetes 1.32 a back-off forgets why: the next try tells again
        reason, message = cause[1], cause[2]
    elif reason not in PULL_FAILED:
        return None
    return Verdict(False, reason_for_pull_error(reason, message, image), clean(message or reason))


def _digest_in(image_id: str) -> str:
    """Of `docker.io/library/nginx@sha256:…`; an image's bare id is no digest of a registry."""
    match = _REPOSITORY_DIGEST.search(image_id)
    return match[1] if match else ""


def _helper_failure(status: Mapping[str, Any]) -> Verdict | None:
    """A helper that cannot be pulled or run keeps every image from being tried."""
    for entry in status.get("initContainerStatuses") or ():
        state = entry.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated") or {}
        if waiting.get("reason") in PULL_FAILED | AFTER_PULL | {"ImagePullBackOff"}:
            return Verdict(False, "helper_image_failed", clean(waiting.get("message") or waiting["reason"]))
        if terminated.get("exitCode") and terminated.get("reason") != "ContainerStatusUnknown" and entry.get("imageID"):
            text = terminated.get("message") or f"the helper ended with exit status {terminated['exitCode']}"
            return Verdict(False, "helper_image_failed", clean(text))
    return None


def _end_reason(status: Mapping[str, Any]) -> str:
    reason = status.get("reason") or ""
    if reason.startswith("OutOf"):
        return "no_room"
    return _POD_ENDS.get(reason, "")
