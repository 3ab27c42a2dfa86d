"""A worker dies after each of the steps (a) to (e); another brings the task to its end, with one pull job per node."""

from __future__ import annotations

import time

import pytest
from pytest_django import Settings

from prewarm import claims, sweep
from prewarm import turn as turns
from prewarm.models import Batch, NodeResult, NodeSlot, Task
from prewarm.turn import Turn
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker, expire_leases
from tests.prewarm.test_turns import fresh
from tests.processes import wait_until
from tests.sampler import Sampler
from tests.simulator import Simulated

pytestmark = pytest.mark.databases


def another_finishes(task: Task) -> Worker:
    expire_leases()
    worker = Worker()
    worker.finish(task)
    return worker


def assert_right(task: Task, sampler: Sampler, simulator: Simulated, worker: Worker) -> None:
    assert (task.status, task.succeeded) == ("succeeded", 10)
    assert sampler.made == dict.fromkeys(simulator.node_names(), 1)
    assert NodeSlot.objects.count() == 0


def all_created(turn: Turn) -> bool:
    return sum(bool(pull.slot.uid) for pull in turn.pulls()) == 5


def test_after_the_slots_were_taken_and_nothing_was_created(
    worker: Worker, simulator: Simulated, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh()])
    with monkeypatch.context() as dead:
        dead.setattr(turns, "send_creates", lambda *_: None)
        worker.cycles(lambda turn: NodeSlot.objects.count() == 5)

    other = another_finishes(task)

    assert_right(task, sampler, simulator, other)


def test_after_creating_before_the_uid_was_stored(
    worker: Worker, simulator: Simulated, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh("slow")])
    with monkeypatch.context() as dead:
        dead.setattr(Turn, "listen", lambda self, *_: None)
        worker.cycles(lambda turn: len(simulator.pods()) == 5)
    assert set(NodeSlot.objects.values_list("uid", flat=True)) == {""}

    other = another_finishes(task)

    assert_right(task, sampler, simulator, other)


def test_in_mid_pull(worker: Worker, simulator: Simulated, sampler: Sampler) -> None:
    task = asked([fresh("slow")])
    worker.cycles(all_created).flush()
    assert NodeSlot.objects.exclude(uid="").count() == 5

    other = another_finishes(task)

    assert_right(task, sampler, simulator, other)


def test_after_the_verdict_was_seen_before_it_was_committed(
    worker: Worker, simulator: Simulated, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh()])
    with monkeypatch.context() as dead:
        dead.setattr(Turn, "settle", lambda self, *_: None)
        worker.cycles(lambda turn: sum(pull.all_judged for pull in turn.pulls()) == 5)

    other = another_finishes(task)

    assert_right(task, sampler, simulator, other)


def test_after_the_verdict_was_committed_before_the_pull_job_was_deleted(
    worker: Worker, simulator: Simulated, sampler: Sampler, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.ORPHAN_SECONDS = 1
    task = asked([fresh()])
    with monkeypatch.context() as dead:
        dead.setattr(turns, "send_deletes", lambda *_: None)
        worker.cycles(lambda turn: NodeResult.objects.filter(status="succeeded").count() >= 5)

    other = another_finishes(task)

    assert_right(task, sampler, simulator, other)

    def swept() -> bool:
        cluster = other.runtime.cluster
        sweep.sweep(cluster, sweep.find(cluster, other.runtime.installation))
        return not simulator.pods()

    wait_until(swept, "the sweep to find what the dead worker left")


def test_after_a_failure_was_committed_before_its_pull_job_was_seen_gone(
    worker: Worker, simulator: Simulated, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh("missing")])
    with monkeypatch.context() as dead:
        dead.setattr(turns, "send_deletes", lambda *_: None)
        worker.cycles(lambda turn: NodeSlot.objects.exclude(judged_at=None).count() == 5)

    another_finishes(task)

    assert (task.status, task.failed) == ("failed", 10)
    assert set(sampler.made.values()) == {1}
    assert simulator.pods() == []


def test_a_worker_that_wakes_up_late_writes_nothing(worker: Worker, simulator: Simulated, sampler: Sampler) -> None:
    task = asked([fresh("slow")])
    sleeping = worker.cycles(all_created)

    other = another_finishes(task)
    before = list(task.node_results.order_by("pk").values())
    for _ in range(3):
        sleeping.cycle()

    task.refresh_from_db()
    assert list(task.node_results.order_by("pk").values()) == before
    assert_right(task, sampler, simulator, other)


def test_a_batch_whose_holders_died_five_times_ends_as_worker_lost(worker: Worker, simulator: Simulated) -> None:
    task = asked([fresh("hang")], batch_size=10, concurrency=10)
    worker.cycles(lambda turn: len(simulator.pods()) == 10)
    Batch.objects.filter(task=task, number=1).update(lost_claims=4)

    other = another_finishes(task)

    assert set(task.node_results.values_list("status", "reason")) == {("failed", "worker_lost")}
    other.until(lambda: not simulator.pods())


def test_two_workers_share_a_task_without_treading_on_each_other(
    worker: Worker, simulator: Simulated, sampler: Sampler
) -> None:
    task = asked([fresh("slow")], batch_size=2, concurrency=2, parallel_batches=5)
    first, second = Turn(worker.runtime), Turn(Worker().runtime)
    deadline = time.monotonic() + 40
    while not task.finished:
        assert time.monotonic() < deadline
        for one in (first, second):
            one.claim()
            for held in list(one.held.values())[2:]:
                claims.hand_back(held.batch, held.batch.due_at)
                del one.held[held.batch.pk]
            if one.held:
                one.cycle()
        task.refresh_from_db()

    assert (task.status, task.succeeded) == ("succeeded", 10)
    assert set(sampler.made.values()) == {1}
