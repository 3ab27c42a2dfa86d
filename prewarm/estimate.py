"""How long a task will take, told beforehand: an estimate from what pulls took lately, and called one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from prewarm import live_settings
from prewarm.image_results import read
from prewarm.models import NodeResult, NodeStatus, Task
from prewarm.models.limit import limit_names

LOOK_BACK = 300  # node results
ASSUMED_SECONDS = 30.0  # for one image, where nothing was ever pulled
LEAST_TIMEOUT, MOST_TIMEOUT = 1800, 7 * 86400


@dataclass(frozen=True)
class Estimate:
    """For nodes that have none of the images: seconds in all, nodes at once, images whose time is known."""

    seconds: int
    nodes_at_once: int
    measured_images: int

    @property
    def timeout(self) -> int:
        """What a task gets that was given no time: three times the estimate, at least half an hour."""
        return min(MOST_TIMEOUT, max(LEAST_TIMEOUT, 3 * self.seconds))


def estimate(*, images: Sequence[str], hosts: list[str], tenant: str, nodes: int, at_once: int) -> Estimate:
    """1. Seconds for a node: its images one after the other, as kubelets pull. 2. Times the rounds within the limits.

    Of an image that was pulled lately the mean counts, of others the median of all, or half a minute.
    """
    known = recent_seconds()
    usual = median(known.values()) if known else ASSUMED_SECONDS
    on_a_node = math.fsum(known.get(image, usual) for image in images)
    live = live_settings.current()
    width = max(1, min(at_once, nodes, *(live.cap_of(name) for name in limit_names(hosts, tenant))))
    rounds = math.ceil(nodes / width)
    return Estimate(math.ceil(rounds * on_a_node), width, sum(image in known for image in images))


def estimate_of(task: Task, nodes: int) -> Estimate:
    """For a task that pulls on so many nodes."""
    tenant, at_once = str(task.tenant_id), task.max_in_flight
    return estimate(images=task.images, hosts=task.hosts, tenant=tenant, nodes=nodes, at_once=at_once)


def recent_seconds() -> dict[str, float]:
    """The mean seconds of the latest pulls, by image as it was asked for."""
    good = NodeResult.objects.filter(status=NodeStatus.SUCCEEDED).order_by("-pk").values_list("task_id", "images")
    rows = list(good[:LOOK_BACK])
    names = dict(Task.objects.filter(pk__in={task for task, _ in rows}).values_list("pk", "images"))
    times: dict[str, list[float]] = defaultdict(list)
    for task, stored in rows:
        for image in read(stored):
            if image.milliseconds is not None and image.outcome == "pulled":
                times[names[task][image.index]].append(image.milliseconds / 1000)
    return {image: fmean(seconds) for image, seconds in times.items()}
