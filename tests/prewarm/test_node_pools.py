"""The node pool of a tenant holds to the last moment: what has left it before its turn is not pulled on."""

from __future__ import annotations

import uuid

import pytest

from accounts import people
from accounts.audit import By
from accounts.models import Tenant
from prewarm import stopping
from prewarm.models import Node, Task
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker
from tests.sampler import Sampler
from tests.simulator import Simulated

pytestmark = pytest.mark.databases


def pool(selector: str) -> None:
    tenant, _ = Tenant.objects.get_or_create(slug="default", defaults={"name": "default"})
    people.change_tenant(tenant, {"node_pool": selector}, By(None, "cli:root"))


@pytest.fixture
def paused(worker: Worker, simulator: Simulated) -> Task:
    """A task for the ten nodes, all in the pool `team=a`, planned and not started."""
    Node.objects.update(labels={"team": "a"})
    pool("team=a")
    task = asked([f"app/{uuid.uuid4().hex[:10]}:1"])
    stopping.pause(task, "test")
    worker.until(lambda: task.node_results.count() == 10)
    return task


def skipped(task: Task) -> dict[str, str]:
    return dict(task.node_results.filter(status="skipped").values_list("node", "reason"))


def test_a_node_that_has_left_the_pool_is_skipped_and_the_others_are_pulled_on(
    worker: Worker, sampler: Sampler, simulator: Simulated, paused: Task
) -> None:
    left, *others = simulator.node_names()
    Node.objects.filter(name=left).update(labels={"team": "b"})
    stopping.resume(paused, "test")

    task = worker.finish(paused)

    assert (task.status, task.succeeded, skipped(task)) == ("partial", 9, {left: "outside_pool"})
    assert sampler.made == dict.fromkeys(others, 1)
    (told,) = task.events.filter(kind="nodes_skipped").values_list("text", flat=True)
    assert told.startswith(f"Skipped {left}: outside of the tenant's node pool")


def test_a_pool_that_was_changed_counts_for_what_has_not_started(
    worker: Worker, sampler: Sampler, paused: Task
) -> None:
    pool("team=b")
    stopping.resume(paused, "test")

    task = worker.finish(paused)

    assert (task.status, task.skipped, set(skipped(task).values())) == ("failed", 10, {"outside_pool"})
    assert sampler.made == {}
