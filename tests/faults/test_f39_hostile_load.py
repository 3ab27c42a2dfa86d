"""F39: one tenant asks for 10,000 pulls at once. Ten nodes of another tenant have their turn all the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from django.db.models import QuerySet

from prewarm.models import Node, NodeResult, NodeSlot, Task
from tests.faults.stage import NODES, Stage

PULLS = 10_000
FEW = 10
BEFORE_US = 10  # a node's pulls that others may start while the small task is being planned and taken up
AT_ONCE = 4  # requests to the API


@pytest.mark.timeout(400)
def test_f39_a_small_task_has_its_turn_beside_ten_thousand_pulls_of_another_tenant(stage: Stage) -> None:
    nodes = list(Node.objects.values_list("name", flat=True)[:FEW])
    wish = {"node_names": nodes, "batch_size": FEW, "concurrency": FEW}
    alone = stage.ask(**wish)
    stage.end_of(alone)

    with stage.signed_in("mallory", "rivals") as http, flood(stage, http) as hostile:
        stage.until(
            lambda: hostile.count() == PULLS and NodeSlot.objects.count() >= NODES - FEW, "the cluster to be busy", 120
        )
        small = stage.ask(**wish)
        stage.end_of(small)
        left = hostile.filter(status="pending").count()

    assert (small.status, small.succeeded) == ("succeeded", FEW)
    before = {row.node: started_before(row, hostile) for row in small.node_results.all()}
    print(
        f"alone {told(alone)}, beside {left:,} waiting pulls {told(small)}, {seconds(small) / seconds(alone):.1f} times"
    )
    print("pulls of the other tenant that were started before its own, by node:", *sorted(before.values()))
    assert left > PULLS * 0.8
    assert max(before.values()) <= BEFORE_US


@contextmanager
def flood(stage: Stage, http: httpx.Client) -> Iterator[QuerySet[NodeResult]]:
    """Tasks of the tenant `rivals`, each for every node; cancelled in the end."""
    wish = {"tenant": "rivals", "batch_size": NODES, "concurrency": NODES}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: stage.post_task(http, **wish).raise_for_status(), range(PULLS // NODES)))
        ids = [answer.json()["id"] for answer in answers]
        try:
            yield NodeResult.objects.filter(task__in=ids)
        finally:
            assert set(pool.map(lambda pk: http.post(f"tasks/{pk}/cancel/").status_code, ids)) <= {202, 409}
            stage.end_of(*Task.objects.filter(pk__in=ids))


def started_before(row: NodeResult, hostile: QuerySet[NodeResult]) -> int:
    """How many pulls of the others were started on its node after it was asked for, and before it."""
    return hostile.filter(node=row.node, started_at__gt=row.task.created_at, started_at__lt=row.started_at).count()


def seconds(task: Task) -> float:
    assert task.finished_at is not None
    return (task.finished_at - task.created_at).total_seconds()


def told(task: Task) -> str:
    """`first pull after 0.1 s, all done after 0.8 s`."""
    first = min(row.started_at for row in task.node_results.all() if row.started_at)
    return f"first pull after {(first - task.created_at).total_seconds():.1f} s, all done after {seconds(task):.1f} s"
