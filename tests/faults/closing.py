"""What must be true after every fault, whatever it was: the check that all fault tests end with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prewarm.cluster import Cluster
from prewarm.image_results import Outcome, read
from prewarm.invariants import check, check_cluster
from prewarm.marks import key_of_mark, mark_of
from prewarm.models import Installation, Limit, NodeResult, OwnPull, Task
from tests.faults.stage import Stage
from tests.sampler import Caps, OverTheCap, Sampler

QUIET_SECONDS = 30.0


class NotWell(AssertionError):
    """Something was lost, done twice or left behind: no second run excuses it."""


def assert_all_is_well(stage: Stage, tasks: Sequence[Task], seen: Sampler) -> None:
    """Raise NotWell, or OverTheCap for 3, unless all of this holds.

    1. Every task has ended, each of its nodes and images with exactly one outcome.

    2. Each pull job was created once: one of every name, and no more on a node than its results have attempts.
    3. No limit was ever exceeded, as counted by a watch of our own.
    4. Nothing of it is left in the cluster, no slot, no limit is taken; the invariants hold.
    """
    try:
        assert stage.finished(*tasks)
        for task in tasks:
            _assert_one_outcome_each(task)
        _assert_created_once(tasks, seen)
        seen.assert_within(caps_of(tasks))
        stage.until(lambda: not stage.pull_jobs(), "the cluster to be clean", QUIET_SECONDS)
        assert [str(breach) for breach in check()] == []
        assert check_cluster(Cluster(connections=1), str(Installation.load().uuid)) == []
    except OverTheCap:
        raise
    except AssertionError as error:
        raise NotWell(str(error)) from error


def caps_of(tasks: Sequence[Task]) -> Caps:
    """What the rows of limits and the tasks themselves allow."""
    named = {limit.name: limit.cap for limit in Limit.objects.exclude(name__startswith="rate:")}
    for task in tasks:
        named |= {f"task:{task.pk}": task.max_in_flight, f"batch:{task.pk}": task.concurrency}
    return Caps(cluster=named.pop("cluster", None), batch=None, named=named)


def _assert_one_outcome_each(task: Task) -> None:
    rows = list(task.node_results.all())
    assert len(rows) == len({row.node for row in rows}) == task.desired
    for row in rows:
        images = read(row.images)
        indexes = Counter(image.index for image in images)
        assert set(indexes.values()) <= {1}, f"{row.node}: {row.images}"
        assert all(image.outcome != Outcome.OPEN for image in images), f"{row.node}: {row.images}"


def assert_in_the_inventory(*tasks: Task) -> None:
    """Whatever was told as pulled is known to be there: neither is ever written without the other."""
    for task in tasks:
        told = {
            (key_of_mark(mark_of(task.images[image.index])), row.node)
            for row in task.node_results.all()
            for image in read(row.images)
            if image.outcome == Outcome.PULLED
        }
        known = set(OwnPull.objects.filter(at__gte=task.created_at).values_list("image", "node"))
        assert told <= known, f"{len(told - known)} of {len(told)} pulls are not in the inventory"


def _assert_created_once(tasks: Sequence[Task], seen: Sampler) -> None:
    twice = {name: count for name, count in seen.names.items() if count > 1}
    assert twice == {}
    attempts: Counter[str] = Counter()
    needed: set[str] = set()
    for row in NodeResult.objects.filter(task__in=tasks):
        attempts[row.node] += row.attempt + row.part
        if any(image.outcome == Outcome.PULLED for image in read(row.images)):
            needed.add(row.node)
    too_many = {node: count for node, count in seen.made.items() if count > attempts[node]}
    assert too_many == {}
    assert needed <= seen.made.keys()
