"""What must hold after every step, whoever died, slept, cancelled or deleted what."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from prewarm.image_results import Outcome, read
from prewarm.invariants import check
from prewarm.manifests import PULL_JOB_LABEL
from prewarm.models import FINISHED, Limit, NodeResult, NodeSlot, NodeStatus, Task
from prewarm.references import parse
from prewarm.simulator.resources import PODS
from prewarm.simulator.store import Change
from tests.sampler import pulled
from tests.stepped.cluster import SteppedCluster

OPEN = (NodeStatus.PENDING, NodeStatus.PULLING)
TERMINAL = ("status", "reason", "images", "finished_at")
ENDED = ("status", "reason", "finished_at", "desired", "succeeded", "failed", "skipped", "cancelled")


class Errors(logging.Handler):
    """What the product only logs, because the rest must go on: here it is a failure."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))


class Promises:
    """Looks at rows and cluster after every step, and remembers what may never change."""

    def __init__(self, world: SteppedCluster) -> None:
        self.world = world
        self.errors = Errors()
        self.asked: dict[Any, set[str]] = {}  # by task: the nodes that it named
        self.deleted: set[str] = set()  # pull jobs that somebody else deleted, or whose node left
        self.lost_images: set[str] = set()  # nodes that forgot their images
        self._results: dict[int, tuple[Any, ...]] = {}
        self._tasks: dict[Any, tuple[Any, ...]] = {}
        self._above: dict[str, float] = {}  # limits whose cap was set below what is in use
        self._made: Counter[str] = Counter()
        self._pulling: set[str] = set()
        world.simulated.store.follow(PODS, self._see)

    def caps_change(self) -> None:
        """Caps are about to be changed, perhaps below what is in flight: that goes on."""
        self._above = dict(Limit.objects.values_list("name", "used"))

    def hold(self) -> None:
        self._rows()
        self._finality()
        self._cluster()
        assert self.errors.texts == []

    def hold_at_the_end(self) -> None:
        """When all tasks are over and nobody is disturbed any more."""
        self.hold()
        assert not NodeSlot.objects.exists()
        assert not Limit.objects.exclude(name__startswith="rate:").exclude(used=0).exists()
        for task in Task.objects.all():
            assert task.status in FINISHED
            self._pairs(task)
        assert self.world.pods() == [] and self.world.jobs() == []

    def _rows(self) -> None:
        breaches = [breach for breach in check() if breach.rule != "no limit is exceeded"]
        assert breaches == []
        for limit in Limit.objects.exclude(name__startswith="rate:"):
            grace = self._above[limit.name] = min(self._above.get(limit.name, 0), limit.used)
            assert limit.used <= max(limit.cap, grace), str(limit)

    def _finality(self) -> None:
        for row in NodeResult.objects.exclude(status__in=OPEN).values_list("pk", *TERMINAL):
            assert self._results.setdefault(row[0], row) == row, "a terminal node result changed"
        for row in Task.objects.filter(status__in=FINISHED).values_list("pk", *ENDED):
            assert self._tasks.setdefault(row[0], row) == row, "a finished task changed"

    def _cluster(self) -> None:
        """Nothing pulls without its receipt; so never two pull jobs on a node, never more than the limits."""
        receipts = set(NodeSlot.objects.values_list("pull_job", flat=True))
        assert self._pulling <= receipts, "a pull job goes on whose slot was given back"
        twice = {name for name, number in self._made.items() if number > 1} - self.deleted
        assert not twice, "a pull job was made twice"

    def _pairs(self, task: Task) -> None:
        """Each pair has one outcome, and it is true."""
        rows = list(NodeResult.objects.filter(task=task))
        wanted = self.asked.get(task.pk)
        assert len({row.node for row in rows}) == len(rows) == task.desired
        if wanted is not None and task.reason != "cancelled":
            assert {row.node for row in rows} == wanted
        for row in rows:
            images = read(row.images)
            indexes = [image.index for image in images]
            assert len(set(indexes)) == len(indexes) > 0
            if not task.retry_of_id:
                assert indexes == list(range(len(task.images)))
            for image in images:
                self._true(task, row.node, task.images[image.index], image)

    def _true(self, task: Task, node: str, reference: str, image: Any) -> None:
        assert image.outcome != Outcome.OPEN
        kubelet = self.world.simulated.fleet.kubelets.get(node)
        if image.outcome in (Outcome.PULLED, Outcome.ALREADY_PRESENT) and kubelet and node not in self.lost_images:
            assert kubelet.has(parse(reference)), f"{reference} is not on {node}"
        if image.reason == "image_not_found":
            assert reference.startswith("missing/")
        if image.outcome == Outcome.CANCELLED:
            assert task.stop_reason in ("cancelled", "failure_limit", "first_wave_failed")
        assert image.reason != "name_conflict"

    def _see(self, change: Change) -> None:
        name = change.object["metadata"]["labels"][PULL_JOB_LABEL]
        self._made[name] += change.kind == "ADDED"
        containers = len(change.object["spec"]["containers"])
        over = change.object["status"].get("phase") in ("Succeeded", "Failed")
        if change.kind == "DELETED" or over or len(pulled(change.object)) == containers:
            self._pulling.discard(name)
        else:
            self._pulling.add(name)
