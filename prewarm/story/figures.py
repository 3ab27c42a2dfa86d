"""How long pulls took and how big the images are, where the nodes said so. Unknown is unknown, never a guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TypedDict

from prewarm.image_results import Outcome, read
from prewarm.models import Task


class ImageFigures(TypedDict):
    """One image over all nodes. Times are of those `measured` among the pulled; waiting is in the kubelet's queue."""

    image: str
    pulled: int
    already_present: int
    failed: int
    measured: int
    median_seconds: float | None
    longest_seconds: float | None
    longest_on: str
    longest_wait_seconds: float | None
    bytes: int | None


@dataclass
class _Seen:
    outcomes: dict[str, int] = field(default_factory=dict)
    pulls: list[tuple[int, str]] = field(default_factory=list)
    waits: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


def image_figures(task: Task) -> list[ImageFigures]:
    """In the order of the task's images."""
    seen = [_Seen() for _ in task.images]
    for node, stored in task.node_results.values_list("node", "images").iterator(2000):
        for image in read(stored):
            one = seen[image.index]
            one.outcomes[image.outcome] = one.outcomes.get(image.outcome, 0) + 1
            if image.milliseconds is not None and image.outcome == Outcome.PULLED:
                one.pulls.append((image.milliseconds, node))
            if image.waited is not None:
                one.waits.append(image.waited)
            if image.size is not None:
                one.sizes.append(image.size)
    return [_figures(name, one) for name, one in zip(task.images, seen, strict=True)]


def _figures(name: str, one: _Seen) -> ImageFigures:
    longest = max(one.pulls, default=None)
    return ImageFigures(
        image=name,
        pulled=one.outcomes.get(Outcome.PULLED, 0),
        already_present=one.outcomes.get(Outcome.ALREADY_PRESENT, 0),
        failed=one.outcomes.get(Outcome.FAILED, 0),
        measured=len(one.pulls),
        median_seconds=median(ms for ms, _ in one.pulls) / 1000 if one.pulls else None,
        longest_seconds=longest[0] / 1000 if longest else None,
        longest_on=longest[1] if longest else "",
        longest_wait_seconds=max(one.waits) / 1000 if one.waits else None,
        bytes=max(one.sizes, default=None),
    )
