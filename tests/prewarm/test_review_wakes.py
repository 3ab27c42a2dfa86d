"""Wishes and busy nodes: nobody sleeps through a cancel, and a busy node holds up nothing but itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from prewarm import claims, stopping, ticking
from prewarm.clock import database_now
from prewarm.models import Batch, NodeSlot, Task
from tests.prewarm.rows import asked, open_batch
from tests.prewarm.simulated import Worker, expire_leases
from tests.prewarm.test_turns import fresh
from tests.simulator import Simulated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def held_batch() -> tuple[Task, Batch]:
    task = asked()
    task.batches.all().delete()
    open_batch(task)
    return task, claims.claim_due("worker", [])[0][0]


def test_a_cancel_is_looked_at_though_the_batch_is_handed_back_for_later_just_then() -> None:
    task, batch = held_batch()

    stopping.cancel(task, "ada")
    claims.hand_back(batch, database_now() + timedelta(minutes=10))

    assert ticking.work_is_due()


def test_a_batch_that_nobody_woke_rests_until_its_time() -> None:
    _, batch = held_batch()

    claims.hand_back(batch, database_now() + timedelta(minutes=10))

    assert not ticking.work_is_due()


def test_a_paused_task_keeps_no_worker_awake_and_goes_on_when_it_is_let(worker: Worker) -> None:
    task = asked([fresh()])
    stopping.pause(task, "ada")
    worker.until(lambda: Task.objects.get(pk=task.pk).waiting_reason == "paused")

    worker.until(lambda: not ticking.work_is_due(), seconds=2)

    stopping.resume(task, "ada")
    worker.finish(task)
    assert task.status == "succeeded"


def test_busy_nodes_do_not_hold_up_the_others_of_their_batch(worker: Worker, simulator: Simulated) -> None:
    slow = asked([fresh("hang")], concurrency=5)
    worker.cycles(lambda turn: NodeSlot.objects.exclude(uid="").count() == 5)
    task = asked([fresh()], concurrency=5)

    other = Worker()
    other.until(lambda: task.node_results.filter(status="succeeded").count() == 5)

    assert Batch.objects.get(task=task, number=1).waiting == 0  # no limit could help: others need not leave it room
    stopping.cancel(slow, "ada")
    expire_leases()
    other.finish(task)
    assert task.status == "succeeded"
    other.finish(slow)
