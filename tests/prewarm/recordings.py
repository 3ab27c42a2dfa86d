"""What real kubelets and API servers said: the files that `python -m tests.cluster.record` writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from prewarm.conclude import Conclusion, conclude
from prewarm.image_results import untouched
from prewarm.models import NodeResult, NodeSlot, NodeStatus, Task
from prewarm.observe import observe
from prewarm.podstream import PodSeen
from prewarm.pull import Phase, Pull
from prewarm.pullevents import PullEvents

FOLDER = Path(__file__).parent / "recorded"
VERSIONS = tuple(sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir()))
Json = dict[str, Any]
UID = "recorded"


@dataclass(frozen=True)
class Recording:
    """One case on one version of Kubernetes: what a pod looked like from its creation to its end, or a refusal."""

    case: str
    how: str
    kubernetes: str
    runtime: str
    images: list[str]
    looks: Sequence[Json] = ()
    events: Sequence[Json] = ()
    refusal: Json | None = None

    def __str__(self) -> str:
        return f"{self.case} on {self.kubernetes}"

    def told(self, number: int = 0) -> str:
        """The first message of the ErrImagePull kind about a container."""
        for look in self.looks:
            for entry in look["status"].get("containerStatuses") or ():
                waiting = entry["state"].get("waiting") or {}
                if entry["name"] == f"img{number}" and waiting.get("message"):
                    return str(waiting["message"])
        raise AssertionError(f"{self}: nothing was told about img{number}")


@lru_cache
def recording(version: str, case: str) -> Recording:
    return Recording(**json.loads((FOLDER / version / f"{case}.json").read_text()))


def cases(version: str) -> set[str]:
    return {file.stem for file in (FOLDER / version).glob("*.json")}


class Replayed:
    """The pod stream as it was at some look."""

    def __init__(self) -> None:
        self.seen: PodSeen | None = None

    def look(self, pull_job: str) -> PodSeen | None:
        return self.seen

    def steady_for(self) -> float:
        return 3600.0

    def show(self, look: Json) -> None:
        before = bool(self.seen and (self.seen.alive_before or not self.seen.ended))
        gone = bool(look.get("gone"))
        deleting = gone or bool(look.get("deleting"))
        self.seen = PodSeen("pod", UID, deleting, look["status"], alive_before=before, gone=gone)


def pull_of(recorded: Recording) -> Pull:
    """A pull job of the only attempt that its task allows, long enough under way for every wait of ours."""
    task = Task(images=recorded.images, hosts=[], max_attempts=1, pull_timeout_seconds=86_400)
    indexes = list(range(len(recorded.images)))
    result = NodeResult(task=task, node="node1", status=NodeStatus.PULLING, images=untouched(indexes))
    taken = timezone.now() - timedelta(minutes=1)
    slot = NodeSlot(node="node1", node_result=result, images=indexes, hosts=[], tenant_id=uuid4(), taken_at=taken)
    slot.uid, slot.pull_job = UID, "pod"
    return Pull(slot, result, task, Phase.RUNNING, uid_stored=True)


def concluded(recorded: Recording, looks: Sequence[Json]) -> Conclusion:
    """What IPS makes of a pull job whose pod it saw like this."""
    pull, stream, events = pull_of(recorded), Replayed(), PullEvents()
    for look in looks:
        stream.show(look)
        observe(pull, stream, timezone.now())  # type: ignore[arg-type]  # all that it asks of a stream
        if pull.ending:
            break
    for event in recorded.events:
        events.take({"message": event["message"], "involvedObject": {"uid": UID, "fieldPath": event["fieldPath"]}})
    known = {number: told for number in range(len(recorded.images)) if (told := events.of(UID, number))}
    assert pull.ending, f"{recorded} tells IPS nothing"
    return conclude(pull, known, timezone.now())
