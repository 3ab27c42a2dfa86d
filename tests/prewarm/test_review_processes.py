"""What one process does to the others: a broken task, a quiet cluster, a clock that is set back, long lists."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from prewarm import conclude, news, planner, turn
from prewarm.claims import claim_due
from prewarm.cluster import Cluster
from prewarm.conclude import Conclusion
from prewarm.models import Task
from prewarm.planner import Choice
from prewarm.progress import save
from prewarm.pull import Pull
from prewarm.registries.finding import Finding
from prewarm.ticker import TICK_ID, Ticker
from prewarm.watcher import Watcher
from tests.prewarm.rows import asked, cluster_of
from tests.prewarm.simulated import Worker
from tests.prewarm.test_turns import fresh
from tests.processes import Valkey, wait_until
from tests.simulator import Simulated


@pytest.mark.databases
def test_a_task_that_breaks_the_turn_does_not_break_the_others(
    worker: Worker, simulator: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = simulator.node_names()
    broken, sound = asked([fresh()], node_names=names[:5]), asked([fresh()], node_names=names[5:])

    def breaks(pull: Pull, *rest: Any) -> Conclusion:
        assert pull.task.pk != broken.pk, "nobody thought of this"
        return conclude.conclude(pull, *rest)

    monkeypatch.setattr(turn, "BROKEN_AGAIN", timedelta(seconds=1))
    with monkeypatch.context() as bug:
        bug.setattr(news, "conclude", breaks)
        worker.finish(sound)

    assert sound.status == "succeeded"
    assert worker.finish(broken).status == "succeeded"


def test_a_watcher_keeps_its_lease_while_nothing_happens(simulator: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "LEASE_SECONDS", 2.0)
    stopping = threading.Event()
    leader, other = Watcher(Cluster(connections=2), stopping), Watcher(Cluster(connections=2), threading.Event())

    def lead() -> None:
        leader.run()
        connections.close_all()

    thread = threading.Thread(target=lead)
    thread.start()
    wait_until(lambda: leader.lease_until > 0, "the first watcher to lead")

    stolen = threading.Event()
    for _ in range(16):
        if other.lead():
            stolen.set()
        stopping.wait(0.25)

    stopping.set()
    thread.join()
    assert not stolen.is_set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.databases
def test_planning_many_images_on_many_nodes_sends_no_huge_statement() -> None:
    cluster_of(*[f"n{number}" for number in range(400)])
    task = asked([f"app{number}:1" for number in range(500)])
    sizes: list[int] = []

    def measure(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sizes.append(len(sql) + sum(len(str(param)) for param in params or ()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(measure):
        assert planner.plan(claim_due("worker", [])[0][0], task, timezone.now())

    assert task.node_results.count() == 400
    assert max(sizes) <= 4_000_000


@pytest.mark.django_db
def test_a_registry_has_one_limit_however_it_is_spelt() -> None:
    task = asked(["Registry.example.com/app:1", "registry.example.com/other:1"])

    assert task.hosts == ["registry.example.com"]


@pytest.mark.django_db
def test_a_tasks_clock_does_not_count_the_same_second_for_two_workers() -> None:
    task = asked()
    start = timezone.now()
    task.started_at = task.clock_at = start
    task.in_flight = 1
    for seconds in (2.0, 1.0, 3.0):  # one of two workers looked at its watch before the other, and writes after it
        save(task, start + timedelta(seconds=seconds))

    assert Task.objects.get(pk=task.pk).clock_seconds == 3.0


@pytest.mark.databases
def test_planning_that_breaks_does_not_break_the_other_tasks(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = asked([fresh()]), asked([fresh()])
    choose = planner.choose

    def breaks(task: Task, findings: Mapping[int, Finding]) -> Choice:
        assert task.pk != broken.pk, "nobody thought of this"
        return choose(task, findings)

    monkeypatch.setattr(planner, "choose", breaks)
    worker.finish(sound)

    assert sound.status == "succeeded"


def test_the_tick_goes_on_after_the_clock_was_set_back(valkey: Valkey) -> None:
    ticker = Ticker(django_rq.get_connection(settings.QUEUE_TICKS))
    ticker.one_pass()
    ticker.connection.zadd(ticker.scheduled_jobs_key, {TICK_ID: time.time() + 3600})
    ticker.connection.delete(f"rq:queue:{settings.QUEUE_TICKS}")

    ticker.one_pass()

    assert ticker.queued()
