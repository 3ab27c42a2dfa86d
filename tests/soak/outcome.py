"""What came of it all: pairs lost or pulled twice, and every other figure of the soak."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prewarm.image_results import ImageResult, Outcome, read
from prewarm.models import Limit, NodeResult, Task
from tests.sampler import Caps

REASONS = {"missing": "image_not_found", "unavailable": "registry_unreachable"}
STOPS = ("first_wave_failed", "failure_limit")


@dataclass(frozen=True)
class Pairs:
    """Every (node, image) asked for, by outcome; `lost` are those without exactly one, `untrue` those whose outcome
    is not what the registry makes of such an image. Each as text."""

    outcomes: Counter[str]
    lost: list[str]
    untrue: list[str]

    @property
    def total(self) -> int:
        return self.outcomes.total() + len(self.lost)


def pairs_of(tasks: Iterable[Task]) -> Pairs:
    """Count by what was asked, not by what there is: a row that is missing is a loss."""
    outcomes: Counter[str] = Counter()
    lost: list[str] = []
    untrue: list[str] = []
    for task in tasks:
        found: dict[tuple[str, int], list[ImageResult]] = {}
        for row in NodeResult.objects.filter(task=task):
            for image in read(row.images):
                found.setdefault((row.node, image.index), []).append(image)
        for pair in asked_pairs(task, found):
            ends = found.get(pair, [])
            told = f"{task.pk} {pair[0]} {task.images[pair[1]]}: {ends or 'nothing'}"
            if len(ends) != 1 or ends[0].open:
                lost.append(told)
                continue
            outcomes[ends[0].outcome] += 1
            if not _is_true(ends[0], task.images):
                untrue.append(told)
    return Pairs(outcomes, lost, untrue)


def _is_true(image: ImageResult, images: Sequence[str]) -> bool:
    """Whether this is how the simulated registry answers, whatever befell IPS meanwhile; a cancel breaks off any.

    A task stops by itself (first wave, failure limit) only where one of its images cannot be pulled.
    """
    reasons = [REASONS.get(reference.partition("/")[0], "") for reference in images]
    wanted = reasons[image.index]
    if image.outcome == Outcome.CANCELLED:
        return image.reason == "cancelled" or (image.reason in STOPS and any(reasons))
    return image.reason == wanted and (image.outcome == Outcome.FAILED) == bool(wanted)


def asked_pairs(task: Task, found: Mapping[tuple[str, int], object]) -> Sequence[tuple[str, int]]:
    """Nodes × images; of a retry what its task lists; of a task cancelled before it was planned, nothing."""
    if task.retry_of_id or (task.stop_reason == "cancelled" and not task.desired):
        return list(found)
    return [(node, index) for node in task.node_names for index in range(len(task.images))]


def caps_of(tasks: Iterable[Task]) -> Caps:
    """What the rows of limits and the tasks themselves allow."""
    named = {limit.name: limit.cap for limit in Limit.objects.exclude(name__startswith="rate:")}
    for task in tasks:
        named |= {f"task:{task.pk}": task.max_in_flight, f"batch:{task.pk}": task.concurrency}
    return Caps(cluster=named.pop("cluster", None), batch=None, named=named)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that so great a share of all does not exceed; None of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else None


def durations(tasks: Iterable[Task]) -> list[float]:
    """Seconds from asking to the end, of tasks that nobody paused, cancelled or left unfinished."""
    undisturbed = [
        task
        for task in tasks
        if task.finished_at and not task.stop_reason and not task.events.filter(kind="paused").exists()
    ]
    return [(task.finished_at - task.created_at).total_seconds() for task in undisturbed if task.finished_at]


def messages(lines: Iterable[dict[str, Any]]) -> Counter[str]:
    """Log lines by their message."""
    return Counter(str(line.get("msg")) for line in lines)


def errors(lines: Iterable[dict[str, Any]]) -> Counter[str]:
    """What was logged as an error, by message and the last line of its traceback."""
    found: Counter[str] = Counter()
    for line in lines:
        if line.get("level") == "error":
            last = str(line.get("exception") or "").strip().splitlines()[-1:]
            first = str(line.get("msg")).splitlines()[0]
            found[f"{first}: {last[0][:160] if last else ''}"] += 1
    return found
