"""From what was asked for to node results and batches: batch 0 of every task.

Planning can die at any point and be done again by another: rows are unique by (task, node), batches by number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings

from prewarm import batch_waits, history, progress, stopping
from prewarm.batch_waits import Waits
from prewarm.claims import fence
from prewarm.crash_points import crash_point
from prewarm.doomed import Doomed, Failed
from prewarm.eligibility import DECIDING, skip_reason
from prewarm.estimate import Estimate, estimate_of
from prewarm.image_counts import count_images
from prewarm.image_results import ImageResult, Outcome, read, untouched, write
from prewarm.messages import message_ids, text_hash
from prewarm.models import AskedPairs, Batch, Node, NodeResult, NodeStatus, NodeView, Task
from prewarm.registries.finding import Finding
from prewarm.selectors import parse
from prewarm.tallies import Growth, count_ended
from prewarm.transactions import retried

ROWS = 500
NOTHING: Mapping[int, Finding] = {}


@dataclass
class Chosen:
    """A node that the task is about, the images wanted there, and why it is skipped ("" when it is not).

    `failed` are those of the images that surely cannot be pulled there.
    """

    node: str
    images: list[int]
    skip: str = ""
    failed: Failed = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing is left to pull there."""
        return bool(self.skip) or len(self.failed) == len(self.images) > 0

    def stored(self, ids: Mapping[str, int]) -> list[list[Any]]:
        """Its images as the node result starts with; `ids` are of the messages, by hash."""
        if self.skip:
            return write(ImageResult(index, Outcome.SKIPPED, self.skip) for index in self.images)
        if not self.failed:
            return untouched(self.images)
        images = {index: ImageResult(index) for index in self.images}
        for index, (reason, text) in self.failed.items():
            images[index].end(Outcome.FAILED, reason, ids.get(text_hash(text)))
        return write(images.values())

    def counted(self) -> Iterator[tuple[int, str, str]]:
        """Index, outcome and reason of each image that ended here."""
        if self.skip:
            yield from ((index, "skipped", self.skip) for index in self.images)
        else:
            yield from ((index, "failed", reason) for index, (reason, _) in self.failed.items())


@dataclass
class Choice:
    """All nodes of a task, by name; `outside` are so many that match and are not in the tenant's node pool."""

    pull: list[Chosen] = field(default_factory=list)
    over: list[Chosen] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    outside: int = 0

    @property
    def too_big(self) -> bool:
        """Whether these are more than a task may have: the cluster grew since it was accepted."""
        everything = [*self.pull, *self.over]
        pairs = sum(len(entry.images) for entry in everything)
        return len(everything) > settings.MAX_NODES or pairs > settings.MAX_PAIRS


def matching_nodes(*, selector: str, names: Iterable[str], all_nodes: bool, pool: str = "") -> dict[str, Node | None]:
    """The nodes asked for, by name; None for a name that the cluster does not have. Those outside of the pool are still
    among them, with the labels that tell.

    A retry of a task that is gone by now asks for none.
    """
    light = Node.objects.only(*DECIDING, *(["labels"] if selector or pool else []))
    if names:
        known = light.in_bulk(list(names))
        return {name: known.get(name) for name in sorted(set(names))}
    found = light.all()
    if all_nodes:
        return {node.name: node for node in found}
    if not selector:
        return {}
    wanted = parse(selector)
    return {node.name: node for node in found if wanted.matches(node.labels)}


def choose(task: Task, findings: Mapping[int, Finding] = NOTHING) -> Choice:
    """Which nodes and images there, and which are skipped, or surely fail, before anything is created there.

    A node outside of the tenant's pool is skipped where it was named; a selector, or all nodes, does not mean it.
    """
    pairs = pairs_left(task.retry_of_id) if task.retry_of_id else AskedPairs.of(task)
    names = list(pairs) if task.retry_of_id else task.node_names
    pool = task.tenant.node_pool
    nodes = matching_nodes(selector=task.node_selector, names=names, all_nodes=task.all_nodes, pool=pool)
    everything = list(range(len(task.images)))
    doomed = Doomed(task, findings, nodes)
    choice = Choice(missing=sorted(doomed.missing))
    for name, node in nodes.items():
        skip = "node_gone" if node is None else skip_reason(node, include_cordoned=task.include_cordoned, pool=pool)
        if skip == "outside_pool" and not names:
            choice.outside += 1
            continue
        entry = Chosen(name, pairs.get(name, everything), skip)
        if node and not skip:
            entry.failed = doomed.on(node, entry.images)
        (choice.over if entry.over else choice.pull).append(entry)
    return choice


def pairs_left(task: UUID) -> dict[str, list[int]]:
    """For a retry of this task, the images that are not warm on the nodes that failed or were cancelled."""
    again = NodeResult.objects.filter(task=task, status__in=(NodeStatus.FAILED, NodeStatus.CANCELLED)).values_list(
        "node", "images"
    )
    return {node: [image.index for image in read(images) if not image.warm] for node, images in again}


def plan(batch: Batch, task: Task, now: datetime, findings: Mapping[int, Finding] = NOTHING) -> bool:
    """Write a task's node results and batches, at most 500 rows a transaction, then open the first batches.

    What surely cannot be pulled, by what registries say (`findings`, by image), fails here, without a pull job; a node
    pulls its other images all the same. A task that was cancelled meanwhile is planned to nothing.

    False when the table of nodes is not fresh enough to plan by; then somebody looks again in a second.
    """
    if task.stop_reason:
        retried(partial(_open, batch, task, Choice(), estimate_of(task, 0), now))
        return True
    if not NodeView.load().fresh():
        batch_waits.tell(task, {batch: Waits("node_view_stale")}, now)
        return False
    choice = choose(task, findings)
    if choice.too_big:
        stopping.refuse(task, now)
        return plan(batch, task, now)
    done = set(NodeResult.objects.filter(task=task).values_list("node", flat=True))
    number = max(Batch.objects.filter(task=task).values_list("number", flat=True), default=0)
    for chunk in _chunks((entry for entry in choice.over if entry.node not in done), ROWS):
        retried(partial(_write_over, batch, task, chunk, now))
    left = [entry for entry in choice.pull if entry.node not in done]
    sizes = batch_sizes(len(left), task.batch_size, 0 if number else task.first_wave)
    entries = iter(left)
    group: list[list[Chosen]] = []
    for size in sizes:
        group.append(list(islice(entries, size)))
        if sum(map(len, group)) >= ROWS:
            retried(partial(_write_batches, batch, task, group, number, now))
            number += len(group)
            group = []
    if group:
        retried(partial(_write_batches, batch, task, group, number, now))
    crash_point("rows_planned")
    retried(partial(_open, batch, task, choice, estimate_of(task, len(choice.pull)), now))
    crash_point("planned")
    return True


def batch_sizes(nodes: int, batch_size: int, first_wave: int) -> Iterator[int]:
    """How many nodes each batch has. A first wave of all nodes or more is none."""
    if 0 < first_wave < nodes:
        yield first_wave
        nodes -= first_wave
    while nodes > 0:
        size = min(batch_size, nodes)
        yield size
        nodes -= size


def _chunks(entries: Iterable[Chosen], size: int) -> Iterator[list[Chosen]]:
    iterator = iter(entries)
    while chunk := list(islice(iterator, size)):
        yield chunk


class LostBatch(Exception):
    """Another worker plans this task now."""


def _write_over(batch: Batch, task: Task, chunk: list[Chosen], now: datetime) -> None:
    """Node results that are final from the start."""
    locked = _locked(batch, task)
    ids = _message_ids(locked, chunk)
    rows = []
    for entry in chunk:
        images = entry.stored(ids)
        worst = ImageResult(*images[0])
        status = NodeStatus.SKIPPED if entry.skip else NodeStatus.FAILED
        rows.append(
            NodeResult(
                task=locked,
                node=entry.node,
                status=status,
                reason=worst.reason,
                message_id=worst.message_id,
                images=images,
                finished_at=now,
                change=locked.change,
            )
        )
    NodeResult.objects.bulk_create(rows, batch_size=_rows_per_statement(task))
    locked.desired += len(rows)
    locked.skipped += sum(bool(entry.skip) for entry in chunk)
    locked.failed += sum(not entry.skip for entry in chunk)
    _count(locked, chunk)
    progress.save(locked, now)


def _message_ids(locked: Task, chunk: Iterable[Chosen]) -> dict[str, int]:
    return message_ids(locked, {text for entry in chunk for _, text in entry.failed.values()})


def _count(locked: Task, chunk: Iterable[Chosen]) -> None:
    """Count the images that ended without a pull job."""
    if ended_images := Counter(one for entry in chunk for one in entry.counted()):
        count_images(locked, ended_images)
        growth = Growth()
        count_ended(growth, locked, ended_images.items())
        growth.save()


def _write_batches(batch: Batch, task: Task, group: list[list[Chosen]], number: int, now: datetime) -> None:
    locked = _locked(batch, task)
    batches = [Batch(task=locked, number=number + offset, due_at=now) for offset in range(1, len(group) + 1)]
    Batch.objects.bulk_create(batches)
    stored = {row.number: row for row in Batch.objects.filter(task=locked, number__gt=number)}
    chosen = [entry for entries in group for entry in entries]
    ids = _message_ids(locked, chosen)
    rows = [
        NodeResult(
            task=locked,
            batch=stored[number + offset],
            node=entry.node,
            images=entry.stored(ids),
            change=locked.change,
        )
        for offset, entries in enumerate(group, start=1)
        for entry in entries
    ]
    NodeResult.objects.bulk_create(rows, batch_size=_rows_per_statement(task))
    locked.desired += len(rows)
    locked.pending += len(rows)
    locked.open_batches += len(batches)
    _count(locked, chosen)
    progress.save(locked, now)
    crash_point("planning")


def _open(batch: Batch, task: Task, choice: Choice, estimated: Estimate, now: datetime) -> None:
    """The plan is whole: open the first batches, end the planning."""
    locked = _locked(batch, task)
    locked.planned_at = now
    if locked.timeout_by_estimate:
        locked.timeout_seconds = estimated.timeout
    locked.waiting_reason, locked.waiting_since = "", None
    history.tell_planned(locked, now, choice.outside)
    if choice.missing:
        history.tell_missing(locked, now, choice.missing)
    progress.stop_at_failure_limit(locked, now)
    if locked.stop_reason:
        progress.wake(locked, now)
    progress.open_batches(locked, now)
    progress.end_batches(locked, [batch.pk], now)
    progress.save(locked, now)


def _rows_per_statement(task: Task) -> int:
    """So few that a statement stays under 4 MB, at some 50 bytes a pair."""
    return max(1, min(ROWS, 60_000 // len(task.images)))


def _locked(batch: Batch, task: Task) -> Task:
    locked = progress.lock(task.pk) if fence(batch) else None
    if locked is None:
        raise LostBatch(str(batch))
    return locked
