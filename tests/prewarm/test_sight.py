"""A node that became free goes to the task that the order names, if that can use it now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from prewarm import stopping
from prewarm.image_results import untouched
from prewarm.models import Batch, NodeResult, NodeSlot, Task
from prewarm.sight import Sight
from tests.prewarm.rows import asked, open_batch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def wants_node(tenant: str = "default", **wishes: Any) -> Batch:
    """A batch of a new task that wants the node `n1`, and could start there."""
    batch = open_batch(asked(tenant=tenant, **wishes))
    NodeResult.objects.create(task=batch.task, batch=batch, node="n1", images=untouched([0]))
    return batch


def gets_node(batch: Batch, now: datetime | None = None) -> bool:
    batch.task.refresh_from_db()
    sight = Sight(now or timezone.now())
    return not sight.wanted(sight.before(batch.task), [result.node for result in batch.node_results.all()])


def pulls(batch: Batch, nodes: int = 1) -> None:
    """It has pull jobs on other nodes already."""
    for number in range(nodes):
        node = f"{batch.task_id}-{number}"
        result = NodeResult.objects.create(
            task=batch.task, batch=batch, node=node, images=untouched([0]), status="pulling"
        )
        NodeSlot.objects.create(
            node=node,
            node_result=result,
            batch=batch,
            attempt=1,
            part=0,
            tenant_id=batch.task.tenant_id,
            hosts=["docker.io"],
            images=[0],
            pull_job=node,
            taken_at=timezone.now(),
        )
    Task.objects.filter(pk=batch.task_id).update(in_flight=nodes)


def test_between_tenants_it_goes_to_the_one_with_least_in_flight() -> None:
    busy, idle = wants_node(), wants_node("rivals")
    pulls(busy, 2)
    pulls(idle, 1)

    assert not gets_node(busy)
    assert gets_node(idle)


def test_within_a_tenant_it_goes_to_the_higher_priority() -> None:
    high, low = wants_node(priority=6), wants_node(priority=5)

    assert gets_node(high)
    assert not gets_node(low)


def test_who_waited_long_enough_has_stepped_up_to_a_higher_priority() -> None:
    low, _ = wants_node(priority=5), wants_node(priority=6)
    Task.objects.filter(pk=low.task_id).update(created_at=timezone.now() - timedelta(minutes=25))

    assert gets_node(low)


def test_what_is_urgent_goes_before_all() -> None:
    urgent, idle = wants_node(), wants_node("rivals")
    Task.objects.filter(pk=urgent.task_id).update(urgent=True)
    pulls(urgent, 3)

    assert gets_node(urgent)
    assert not gets_node(idle)


def test_among_equals_of_a_tenant_it_goes_to_whoever_comes_first() -> None:
    assert all(gets_node(batch) for batch in [wants_node(), wants_node()])


def paused(batch: Batch) -> None:
    stopping.pause(batch.task, "ada")


def cancelled(batch: Batch) -> None:
    stopping.cancel(batch.task, "ada")


def at_its_own_limit(batch: Batch) -> None:
    Task.objects.filter(pk=batch.task_id).update(in_flight=batch.task.max_in_flight)


def full(batch: Batch) -> None:
    Task.objects.filter(pk=batch.task_id).update(parallel_batches=2)
    pulls(batch, batch.task.concurrency)


def held_up_by_a_limit(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(waits_for="host:docker.io")


def forgotten(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(due_at=timezone.now() - timedelta(minutes=1))


def not_there_yet(batch: Batch) -> None:
    batch.node_results.update(not_before=timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize(
    "state", [paused, cancelled, at_its_own_limit, full, held_up_by_a_limit, forgotten, not_there_yet]
)
def test_who_cannot_use_the_node_now_leaves_it_to_others(state: Any) -> None:
    first, other = wants_node(priority=9), wants_node()
    assert not gets_node(other)

    state(first)

    assert gets_node(other)
