"""F33, row by row: two people cancel a task in the very moment in which its worker settles it, five hundred times."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from prewarm import claims, stopping
from prewarm.cluster import Cluster
from prewarm.held import Held
from prewarm.invariants import check
from prewarm.judge import Verdict
from prewarm.models import NodeStatus, Task, TaskStatus
from prewarm.podstream import PodStream
from prewarm.pull import Ending, Phase
from prewarm.runtime import Runtime
from prewarm.turn import Turn
from tests.prewarm.pulling import pulling
from tests.processes import Valkey
from tests.simulator import Simulated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
RACES = 500
WORKER, PEOPLE = "worker", ("ada", "otto")
APART_SECONDS = 0.006  # how much later than the others one starts, at most: some times a settlement
PATIENCE = 60.0


class Worker:
    """A turn that holds all batches, and does with one of them what a cycle does, when the test says so."""

    def __init__(self, cluster: Cluster) -> None:
        self.runtime = Runtime()
        self.runtime.stream = PodStream(cluster, "", threading.Event())  # not started: what pods do is told here
        self.held: dict[object, Held] = {}

    def claim(self) -> None:
        while taken := claims.claim_due(self.runtime.holder, [])[0]:
            self.held |= {held.task.pk: held for held in Held.load(taken, claims.Lease.starting())}

    def settle(self, task: Task) -> None:
        """Hear what is wished for, then settle: the first image was just pulled; the second as well, unless cancelled.

        Both pull jobs are seen gone.
        """
        turn, held, now = Turn(self.runtime), self.held[task.pk], timezone.now()
        turn.held = {held.batch.pk: held}
        turn.take_wishes(now)
        for number, pull in enumerate(held.pulls.values()):
            if number == 0 or pull.ending is None:
                pull.verdicts[0] = Verdict(True)
            pull.end(Ending(""))
            pull.phase = Phase.GONE
        assert turn.settle([held], now, patient=False)
        assert not turn.held


@dataclass
class Race:
    """A task of two nodes that both pull; by how much who starts late; and whose cancel was taken or refused."""

    task: Task
    late: dict[str, float]
    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def cancel(self, who: str) -> None:
        try:
            stopping.cancel(self.task, who)
            self.taken.append(who)
        except stopping.StatusForbids as forbids:
            assert forbids.code == "task_finished"
            self.refused.append(who)


def test_f33_a_cancel_and_the_end_of_a_task_race_to_one_end(
    simulator_process: Simulated, valkey: Valkey, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CLUSTER, settings.KUBECONFIG = "simulated", str(simulator_process.kubeconfig)
    settings.LEASE_SECONDS = 600
    chance = random.Random("a cancel races the end")
    tasks = pulling(RACES, nodes=2)
    races = [Race(task, {who: chance.uniform(0, APART_SECONDS) for who in (WORKER, *PEOPLE)}) for task in tasks]
    worker = Worker(Cluster(connections=1))
    worker.claim()

    cancels = {who: partial(Race.cancel, who=who) for who in PEOPLE}
    run_together(races, {WORKER: lambda race: worker.settle(race.task), **cancels})

    ends = Counter(end_of(race) for race in races)
    print(f"of {RACES} races:", ", ".join(f"{count} times {end}" for end, count in ends.most_common()))
    deadlocks = sum("transaction repeated" in record.message for record in caplog.records)
    assert deadlocks <= RACES // 10  # a cancel locks batches before their task, as a settlement does
    assert {"the cancel was heard", "the end came first"} <= ends.keys()
    assert check() == []


def run_together(races: list[Race], acts: dict[str, Callable[[Race], None]]) -> None:
    """Race after race, everybody's act at once, each in a thread and on a connection of its own."""
    start = threading.Barrier(len(acts))

    def take_part(who: str) -> None:
        try:
            for race in races:
                start.wait(PATIENCE)
                time.sleep(race.late[who])
                acts[who](race)
        except BaseException:
            start.abort()
            raise
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        for ended in [pool.submit(take_part, who) for who in acts]:
            ended.result()


def end_of(race: Race) -> str:
    """How the race ended. It has one end that fits what everybody was told, and a pull that was done stays done."""
    task = race.task
    task.refresh_from_db()
    first, second = task.node_results.order_by("pk").values_list("status", flat=True)
    events = Counter(task.events.values_list("kind", flat=True))
    assert sorted(race.taken + race.refused) == sorted(PEOPLE)
    assert first == NodeStatus.SUCCEEDED
    assert events["finished"] == 1
    assert events["cancel_requested"] == bool(race.taken)
    assert (task.cancel_requested_at is not None) == bool(race.taken)
    assert_settled_for_good(race)
    if second == NodeStatus.CANCELLED:
        assert race.taken
        assert (task.status, task.succeeded, task.cancelled) == (TaskStatus.CANCELLED, 1, 1)
        return "the cancel was heard"
    assert (task.status, task.succeeded, task.cancelled) == (TaskStatus.SUCCEEDED, 2, 0)
    return "the cancel came too late for every pull" if race.taken else "the end came first"


def assert_settled_for_good(race: Race) -> None:
    """Once more is refused, and changes nothing."""
    with pytest.raises(stopping.StatusForbids):
        stopping.cancel(race.task, "ada")
    before = (race.task.change, race.task.status)
    race.task.refresh_from_db()
    assert (race.task.change, race.task.status) == before
