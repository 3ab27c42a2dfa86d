"""What must always hold between the rows, and between rows and cluster; for tests and for operators."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, F

from prewarm.cluster import Cluster
from prewarm.image_results import read
from prewarm.models import FINISHED, Batch, BatchStatus, ImageCount, Limit, NodeResult, NodeSlot, NodeStatus, Task
from prewarm.orphans import orphans, ours
from prewarm.progress import COUNTED

OPEN = (NodeStatus.PENDING, NodeStatus.PULLING)


@dataclass(frozen=True)
class Breach:
    """One thing that does not hold."""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


def check() -> list[Breach]:
    """Compare rows with rows. Between two transactions nothing of this may ever be found."""
    return [*_finished_tasks(), *_counts(), *_slots(), *_limits(), *_image_counts()]


def check_cluster(cluster: Cluster, installation: str) -> list[Breach]:
    """Compare the cluster with the rows: one live pull job per node, none without need beyond the keep time."""
    there = ours(cluster, installation)
    needed = set(NodeSlot.objects.values_list("pull_job", flat=True))
    live = [one for one in there if one.kind == "Pod" and one.pull_job in needed and not one.deleting]
    per_node = Counter(one.node for one in live)
    left = orphans(there, installation, timedelta(seconds=2 * settings.ORPHAN_SECONDS))
    found = [Breach("nothing is left in the cluster", f"{one.kind} {one.name}") for one in left]
    return found + [Breach("one live pull job per node", f"{node} has {n}") for node, n in per_node.items() if n > 1]


def _finished_tasks() -> list[Breach]:
    """Each requested pair ends in exactly one outcome; a finished task has nothing open."""
    finished = Task.objects.filter(status__in=FINISHED)
    found = [
        Breach("a finished task is at rest", f"{task.pk} has {task.open_batches} open batches, {task.in_flight} slots")
        for task in finished.exclude(open_batches=0, in_flight=0, pending=0, active=0)
    ]
    left = Batch.objects.filter(task__in=finished).exclude(status=BatchStatus.ENDED)
    found += [Breach("a finished task is at rest", str(batch)) for batch in left[:20]]
    for row in NodeResult.objects.exclude(status__in=OPEN).only("task_id", "node", "images").iterator():
        if any(image.open for image in read(row.images)):
            found.append(Breach("every pair has an outcome", f"{row.node} of {row.task_id}"))
    return found


def _counts() -> list[Breach]:
    rows: dict[object, Counter[str]] = {}
    for row in NodeResult.objects.values("task_id", "status").annotate(n=Count("pk")).order_by():
        name = "active" if row["status"] == NodeStatus.PULLING else row["status"]
        rows.setdefault(row["task_id"], Counter())[name] += row["n"]
    found = []
    for task in Task.objects.all().iterator():
        counted = rows.get(task.pk, Counter())
        stored = {name: getattr(task, name) for name in COUNTED}
        if any(stored[name] != counted[name] for name in COUNTED):
            found.append(Breach("counts equal the rows", f"{task.pk} says {stored}, the rows say {dict(counted)}"))
    return found


def _slots() -> list[Breach]:
    """A slot is of an open or just judged node result, in a batch that is not over; a pulling node has its slot."""
    found = [
        Breach("a pulling node has its slot", f"{row.node} of {row.task_id}")
        for row in NodeResult.objects.filter(status=NodeStatus.PULLING).exclude(
            slots__attempt=F("attempt"), slots__part=F("part")
        )
    ]
    found += [
        Breach("a slot belongs to a running batch", str(slot))
        for slot in NodeSlot.objects.filter(batch__status=BatchStatus.ENDED)
    ]
    per_task = Counter(NodeSlot.objects.values_list("node_result__task_id", flat=True))
    found += [
        Breach("in flight equals the slots", f"{task.pk} says {task.in_flight}, slots {per_task[task.pk]}")
        for task in Task.objects.all()
        if task.in_flight != per_task[task.pk] or task.in_flight > task.max_in_flight
    ]
    return found


def _limits() -> list[Breach]:
    counted = Counter(name for slot in NodeSlot.objects.all() for name in slot.limits())
    found = []
    for limit in Limit.objects.exclude(name__startswith="rate:"):
        if limit.used != counted[limit.name]:
            found.append(Breach("limits equal the slots", f"{limit}, the slots say {counted[limit.name]}"))
        if limit.used > limit.cap:
            found.append(Breach("no limit is exceeded", str(limit)))
    return found


def _image_counts() -> list[Breach]:
    found = []
    for task in Task.objects.filter(status__in=FINISHED).iterator():
        counted: Counter[tuple[int, str, str]] = Counter()
        for images in NodeResult.objects.filter(task=task).values_list("images", flat=True):
            counted.update((image.index, str(image.outcome), image.reason) for image in read(images))
        stored = Counter(
            {(row.image, row.outcome, row.reason): row.nodes for row in ImageCount.objects.filter(task=task)}
        )
        if stored != counted:
            found.append(Breach("image counts equal the rows", f"{task.pk}: {stored} but {counted}"))
    return found
