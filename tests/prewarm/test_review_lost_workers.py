"""Workers that slept or died: who wakes up late claims nothing twice, and what kills every worker comes to an end."""

from __future__ import annotations

import pytest

from prewarm import claims
from prewarm.models import Batch
from tests.prewarm.rows import asked, open_batch
from tests.prewarm.simulated import Worker, expire_leases
from tests.prewarm.test_turns import fresh
from tests.simulator import Simulated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_a_worker_that_slept_does_not_claim_again_what_it_remembers() -> None:
    task = asked()
    task.batches.all().delete()
    batch = open_batch(task)
    held, _ = claims.claim_due("worker", [])
    expire_leases()

    again, _ = claims.claim_due("worker", held)

    batch.refresh_from_db()
    assert (again, batch.token, batch.lost_claims) == ([], 1, 0)
    assert claims.fence(held[0])


def test_a_worker_that_slept_does_not_renew_what_another_finished_with() -> None:
    task = asked()
    task.batches.all().delete()
    open_batch(task)
    held, _ = claims.claim_due("worker", [])
    expire_leases()
    theirs, _ = claims.claim_due("other", [])
    claims.hand_back(theirs[0], theirs[0].due_at)

    assert claims.claim_due("worker", held)[0] == []
    assert claims.renew("worker", held)[0] == set()


def test_the_fifth_lost_worker_ends_all_images_of_a_node(worker: Worker, simulator: Simulated) -> None:
    task = asked([fresh("hang") for _ in range(25)], node_names=simulator.node_names()[:1])
    worker.cycles(lambda turn: len(simulator.pods()) == 1)
    Batch.objects.filter(task=task, number=1).update(lost_claims=4)
    expire_leases()

    other = Worker()
    other.finish(task)

    result = task.node_results.get()
    assert (result.status, result.reason, result.part) == ("failed", "worker_lost", 0)
    assert {(entry[1], entry[2]) for entry in result.images} == {("failed", "worker_lost")}


def test_a_task_whose_planning_kills_every_worker_fails(worker: Worker) -> None:
    task = asked([fresh()])
    task.batches.update(lost_claims=4, holder="dead", lease_until="2000-01-01T00:00:00Z")

    worker.finish(task)

    assert (task.status, task.reason, task.desired) == ("failed", "worker_lost", 0)
