"""What is kept of a pod that the stream showed: no more than verdicts need."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PodSeen:
    """The last that was seen of a pod. `alive_before` when an earlier look found it not yet ended.

    `since` is when this process saw it first, on its monotonic clock.
    """

    name: str
    uid: str
    deleting: bool
    status: Mapping[str, Any]
    alive_before: bool
    gone: bool = False
    since: float = field(default_factory=lambda: time.monotonic())  # looked up anew: tests install a clock of their own

    @property
    def ended(self) -> bool:
        return self.status.get("phase") in ("Succeeded", "Failed")


def trimmed(status: Mapping[str, Any]) -> dict[str, Any]:
    """A pod's status without what no verdict asks for: a tenth of it, and thousands of pods are remembered."""
    kept = {key: status[key] for key in ("phase", "reason", "message", "startTime") if key in status}
    kept["conditions"] = [entry for entry in status.get("conditions") or () if entry.get("status") == "False"]
    for key in ("containerStatuses", "initContainerStatuses"):
        kept[key] = _trimmed_containers(status.get(key) or ())
    return kept


def _trimmed_containers(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": entry["name"], "imageID": entry.get("imageID"), "state": entry.get("state")} for entry in entries]
