"""Tasks, batches and node results under everything that can happen to them, in any order that Hypothesis thinks of.

Two workers are moved statement by statement, on a simulated cluster whose clock stands still between the steps.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from prewarm import stopping, submit
from prewarm.manifests import PULL_JOB_LABEL
from prewarm.models import FINISHED, NodeSlot, Task
from prewarm.stopping import StatusForbids
from tests.prewarm.rows import asked
from tests.stepped.world import World

NODES = [f"node-{number:03}" for number in range(1, 6)]
IMAGES = [
    "app/a:1",
    "app/b:1",
    "registry.example.com/app/c:1",
    "flaky/d:1",
    "missing/e:1",
    "unavailable/f:1",
    "hang/g:1",
    "slow/h:1",
]
MOST_TASKS = 4
any_number = st.integers(0, 1000)
few = st.integers(1, 40)


class Executor(RuleBasedStateMachine):
    """What people, workers, kubelets and accidents do."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(nodes=len(NODES), workers=2)
        self.tasks: list[Task] = []

    @initialize(data=st.data())
    def begin(self, data: Any) -> None:
        self.ask(data)
        self.world.go_on(2)

    @precondition(lambda self: len(self.tasks) < MOST_TASKS)
    @rule(data=st.data())
    def ask(self, data: Any) -> None:
        images = data.draw(st.lists(st.sampled_from(IMAGES), min_size=1, max_size=3, unique=True), "images")
        names = data.draw(st.lists(st.sampled_from(NODES), min_size=1, unique=True), "nodes")
        task = asked(
            images,
            tenant=data.draw(st.sampled_from(["red", "blue"]), "tenant"),
            node_names=names,
            batch_size=data.draw(st.integers(1, 5), "batch_size"),
            concurrency=data.draw(st.integers(1, 3), "concurrency"),
            parallel_batches=data.draw(st.integers(1, 3), "parallel_batches"),
            strict_waves=data.draw(st.booleans(), "strict_waves"),
            first_wave=data.draw(st.integers(0, 1), "first_wave"),
            failure_limit=data.draw(st.sampled_from(["", "", "2"]), "failure_limit"),
            max_attempts=data.draw(st.integers(1, 3), "max_attempts"),
            retry_backoff_seconds=data.draw(st.sampled_from([0, 3]), "backoff"),
            pull_policy=data.draw(st.sampled_from(["IfNotPresent", "IfNotPresent", "Always"]), "pull_policy"),
            puller=data.draw(st.sampled_from(["pod", "pod", "job"]), "puller"),
            priority=data.draw(st.integers(1, 10), "priority"),
            pull_timeout_seconds=15,
            timeout_seconds=data.draw(st.sampled_from([10, 1800]), "timeout"),
        )
        self.world.promises.asked[task.pk] = set(names)
        self.tasks.append(task)

    @rule(rounds=st.integers(1, 8))
    def everything_goes_well(self, rounds: int) -> None:
        self.world.go_on(rounds)

    @rule(which=any_number, seconds=st.sampled_from([2.0, 25.0]), rounds=st.integers(1, 12))
    def one_is_frozen_while_the_others_go_on(self, which: int, seconds: float, rounds: int) -> None:
        """SIGSTOP where it stands, perhaps for longer than its lease; what it sent has not arrived anywhere yet."""
        self.world.pass_time(seconds)
        self.world.go_on(rounds, frozen=self.worker(which))

    @rule(which=any_number, statements=st.just(0) | few)
    def a_worker_works(self, which: int, statements: int) -> None:
        self.worker(which).work(statements)

    @rule(which=any_number, number=any_number)
    def a_request_is_answered(self, which: int, number: int) -> None:
        self.worker(which).answered(number)

    @rule(which=any_number, number=any_number, deaf=st.booleans())
    def a_request_gets_no_answer(self, which: int, number: int, deaf: bool) -> None:
        """It did not arrive; or it did, and only its answer is lost."""
        worker = self.worker(which)
        client = worker.runtime.cluster
        client.deaf, client.unreachable = deaf, not deaf
        worker.answered(number)
        client.deaf = client.unreachable = False

    @rule(which=any_number, lines=few, again=st.integers(0, 10))
    def a_worker_hears_of_pods(self, which: int, lines: int, again: int) -> None:
        self.worker(which).runtime.stream.hear(lines, again=again)

    @rule(which=any_number)
    def a_worker_lists_pods_anew(self, which: int) -> None:
        self.worker(which).runtime.stream.relist()

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 3.0, 8.0, 25.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(which=any_number, statements=st.just(0) | few, requests=st.integers(0, 5))
    def a_worker_dies(self, which: int, statements: int, requests: int) -> None:
        worker = self.worker(which)
        worker.die(statements, requests)
        self.world.replace(worker)

    @rule(which=any_number)
    def a_worker_ends_its_turn(self, which: int) -> None:
        self.worker(which).hand_back()

    @rule()
    def it_ticks(self) -> None:
        self.world.tick()

    @precondition(lambda self: self.tasks)
    @rule(which=any_number, wish=st.sampled_from(["cancel", "pause", "pause", "resume", "resume", "retry"]))
    def somebody_wishes(self, which: int, wish: str) -> None:
        task = self.tasks[which % len(self.tasks)]
        task.refresh_from_db()
        try:
            if wish != "retry":
                getattr(stopping, wish)(task, "test")
            elif len(self.tasks) < MOST_TASKS:
                self.tasks.append(submit.retry(task, user=None, actor="test", request_id=""))
        except StatusForbids:
            assert task.finished or wish == "retry"

    @rule(name=st.sampled_from(["cap_cluster", "cap_registry_host", "cap_tenant"]), cap=st.integers(1, 4))
    def a_cap_is_changed(self, name: str, cap: int) -> None:
        self.world.change_settings({name: cap})

    @rule(paused=st.booleans())
    def the_intake_is_paused_or_goes_on(self, paused: bool) -> None:
        self.world.change_settings({"intake_paused": paused})

    @rule(which=any_number)
    def somebody_deletes_a_pod(self, which: int) -> None:
        if pods := self.world.cluster.pods():
            metadata = pods[which % len(pods)]["metadata"]
            self.world.promises.deleted.add(metadata["labels"][PULL_JOB_LABEL])
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
            status = self.world.cluster.send("DELETE", path).status
            still_there = {pod["metadata"]["uid"] for pod in self.world.cluster.pods()}
            assert status == 200 or (status == 404 and metadata["uid"] not in still_there)  # a controller was quicker

    @rule(which=st.sampled_from(NODES))
    def a_node_leaves(self, which: str) -> None:
        if which in self.world.cluster.nodes():
            self.world.promises.deleted.update(NodeSlot.objects.filter(node=which).values_list("pull_job", flat=True))
            self.world.promises.lost_images.add(which)
            self.world.cluster.control("DELETE", f"nodes/{which}")

    @rule(which=st.sampled_from(NODES), change=st.sampled_from(["notready", "silent", "", "cordoned"]))
    def a_node_changes(self, which: str, change: str) -> None:
        if which in self.world.cluster.nodes():
            cordoned = change == "cordoned"
            body = {"fault": "" if cordoned else change, "unschedulable": cordoned}
            self.world.cluster.control("PATCH", f"nodes/{which}", body)

    @rule()
    def the_watcher_looks(self) -> None:
        self.world.look_at_nodes()

    @invariant()
    def every_promise_holds(self) -> None:
        self.world.promises.hold()

    def teardown(self) -> None:
        """Whatever happened: undisturbed, every task comes to its end, with one true outcome for each pair."""
        try:
            if sys.exc_info()[0] is None:
                self.end_well()
        finally:
            self.world.close()

    def end_well(self) -> None:
        self.world.change_settings(
            {"cap_cluster": 10, "cap_registry_host": 10, "cap_tenant": 10, "intake_paused": False}
        )
        for task in Task.objects.exclude(paused_at=None).exclude(status__in=FINISHED):
            stopping.resume(task, "test")
        self.world.come_to_rest()
        self.world.promises.hold_at_the_end()

    def worker(self, which: int) -> Any:
        return self.world.workers[which % len(self.world.workers)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.databases
@pytest.mark.timeout(3600)
def test_no_order_of_events_loses_doubles_or_changes_a_result(settings: Settings) -> None:
    settings.RETRY_BACKOFF_MAX_SECONDS = 10
    settings.NODE_ANSWER_SECONDS = 10
    settings.UNSCHEDULABLE_SECONDS = 5
    settings.PULL_TIMEOUT_GRACE_SECONDS = 2
    settings.ORPHAN_SECONDS = 10
    # each example is a whole story of forty steps, so there are fewer than of other tests
    number = examples.default.max_examples // 4
    run_state_machine_as_test(Executor, settings=examples(max_examples=number, stateful_step_count=40))
