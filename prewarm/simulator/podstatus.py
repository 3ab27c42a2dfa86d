"""A pod's status as its kubelet writes it: phase, conditions, containers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prewarm.simulator.clock import now
from prewarm.simulator.containers import Container
from prewarm.simulator.release import Release

Json = dict[str, Any]
ENDED = frozenset({"Succeeded", "Failed"})


def phase(main: Sequence[Container], init: Sequence[Container]) -> str:
    """The phase of a pod that is never restarted (kubelet getPhase)."""
    if any(container.ended and not container.succeeded for container in init):
        return "Failed"
    if not all(container.succeeded for container in init):
        return "Pending"
    if any(not container.ended and not container.running_since for container in main):
        return "Pending"
    if any(container.running_since for container in main):
        return "Running"
    return "Succeeded" if all(container.succeeded for container in main) else "Failed"


def conditions(
    main: Sequence[Container],
    init: Sequence[Container],
    shown_phase: str,
    *,
    sandbox: bool,
    failed: bool,
    before: Sequence[Json],
    release: Release,
) -> list[Json]:
    """Initialized, Ready, ContainersReady, PodScheduled; recent kubelets begin with PodReadyToStartContainers."""
    found: list[Json] = []
    if release.recent:
        found.append({"type": "PodReadyToStartContainers", "status": _word(sandbox)})
    found.append(_initialized(init, shown_phase))
    ready = _ready(main, shown_phase, failed)
    found += [{"type": kind, **ready} for kind in ("Ready", "ContainersReady")]
    found.append({"type": "PodScheduled", "status": "True"})
    return [_timed(condition, before) for condition in found]


def _initialized(init: Sequence[Container], shown_phase: str) -> Json:
    unfinished = [container.name for container in init if not container.succeeded]
    if unfinished:
        message = f"containers with incomplete status: [{' '.join(unfinished)}]"
        return {"type": "Initialized", "status": "False", "reason": "ContainersNotInitialized", "message": message}
    return {"type": "Initialized", "status": "True"} | (
        {"reason": "PodCompleted"} if shown_phase == "Succeeded" else {}
    )


def _ready(main: Sequence[Container], shown_phase: str, failed: bool) -> Json:
    if failed:
        return {"status": "False", "reason": "PodFailed"}
    if shown_phase == "Succeeded":
        return {"status": "False", "reason": "PodCompleted"}
    unready = [container.name for container in main if not container.running_since]
    if not unready:
        return {"status": "True"}
    message = f"containers with unready status: [{' '.join(unready)}]"
    return {"status": "False", "reason": "ContainersNotReady", "message": message}


def _word(yes: bool) -> str:
    return "True" if yes else "False"


def _timed(condition: Json, before: Sequence[Json]) -> Json:
    since = next(
        (
            old["lastTransitionTime"]
            for old in before
            if old["type"] == condition["type"] and old["status"] == condition["status"]
        ),
        now(),
    )
    return condition | {"lastProbeTime": None, "lastTransitionTime": since}


def has_initialized(main: Sequence[Container], init: Sequence[Container]) -> bool:
    """Whether the main containers ever had their turn (kubelet status manager, hasPodInitialized)."""
    return not init or init[-1].succeeded or any(container.failure or container.ended for container in main)
