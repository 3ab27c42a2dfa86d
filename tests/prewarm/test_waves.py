"""Batches one after the other, side by side, strictly apart, and a first wave that goes before all others."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from prewarm import progress
from prewarm.models import Batch, NodeSlot, NodeStatus, Task
from prewarm.planner import batch_sizes
from tests.prewarm.results import happened
from tests.prewarm.rows import asked, open_batch
from tests.prewarm.simulated import Worker
from tests.prewarm.test_turns import fresh, reasons
from tests.sampler import Caps, Sampler

pytestmark = pytest.mark.databases


def opened(task: Task) -> list[int]:
    return list(task.batches.filter(status="open", number__gt=0).order_by("number").values_list("number", flat=True))


def batch_caps(task: Task, sampler: Sampler) -> Caps:
    return Caps(batch=task.concurrency, named={f"task:{task.pk}": task.max_in_flight})


@pytest.mark.parametrize(
    ("nodes", "size", "first", "sizes"),
    [
        (10, 4, 0, [4, 4, 2]),
        (10, 4, 1, [1, 4, 4, 1]),
        (10, 4, 9, [9, 1]),
        (10, 4, 10, [4, 4, 2]),
        (10, 4, 99, [4, 4, 2]),
        (0, 4, 1, []),
    ],
)
def test_a_first_wave_of_all_nodes_or_more_is_none(nodes: int, size: int, first: int, sizes: list[int]) -> None:
    assert list(batch_sizes(nodes, size, first)) == sizes


class TestTheFirstWave:
    def test_goes_alone_and_to_its_end_before_all_others(self, worker: Worker, sampler: Sampler) -> None:
        task = asked([fresh("slow")], first_wave=1, concurrency=10, batch_size=3, parallel_batches=3)
        turn = worker.cycles(lambda turn: bool(sampler.made))
        assert (len(sampler.made), opened(task)) == (1, [1])

        while Batch.objects.get(task=task, number=1).status == "open":
            assert sum(sampler.made.values()) == 1
            turn.claim()
            turn.cycle()
        assert opened(task) == [2, 3, 4]
        turn.hand_back_all()
        assert worker.finish(task).status == "succeeded"

    def test_of_all_nodes_leaves_the_batches_as_they_are(self, worker: Worker) -> None:
        task = asked([fresh("slow")], first_wave=10, batch_size=5, parallel_batches=2)

        turn = worker.cycles(lambda turn: NodeSlot.objects.exists())

        assert opened(task) == [1, 2]
        turn.hand_back_all()
        worker.finish(task)

    def test_that_fails_stops_the_task(self, worker: Worker, sampler: Sampler) -> None:
        task = worker.finish(asked([fresh("missing")], first_wave=2, batch_size=4))

        assert sum(sampler.made.values()) == 2
        assert (task.status, task.reason, task.failed, task.cancelled) == ("failed", "first_wave_failed", 2, 8)
        assert reasons(task) == {"image_not_found", "first_wave_failed"}
        assert "The first wave of 2 nodes failed" in task.events.get(kind="stopped").text

    @pytest.mark.parametrize(
        ("ends", "stopped"),
        [
            (("succeeded", "failed"), ""),
            (("failed", "failed"), "first_wave_failed"),
            (("failed", "skipped"), "first_wave_failed"),
            (("skipped", "skipped"), ""),  # nothing was tried, so nothing is known
        ],
    )
    @pytest.mark.django_db
    def test_stops_the_others_only_if_it_shows_that_they_would_fail(
        self, ends: tuple[NodeStatus, NodeStatus], stopped: str
    ) -> None:
        task = asked(first_wave=2)
        first, _ = open_batch(task, 1), open_batch(task, 2)
        for number, status in enumerate(ends):
            happened(task, f"n{number}", status, batch=first)
        task.refresh_from_db()

        progress.stop_after_first_wave(task, timezone.now())

        assert task.stop_reason == stopped


class TestBatches:
    def test_go_one_after_the_other_and_the_next_opens_when_nothing_is_left_to_start(
        self, worker: Worker, sampler: Sampler
    ) -> None:
        task = asked([fresh("slow")], batch_size=4, concurrency=4)
        turn = worker.cycles(lambda turn: Batch.objects.filter(task=task, number=1, dispatching=False).exists())

        assert opened(task) == [1, 2]
        assert NodeSlot.objects.filter(batch__number=1).count() == 4
        turn.hand_back_all()
        worker.finish(task)
        sampler.assert_within(batch_caps(task, sampler))

    def test_that_are_strict_wait_for_the_end_of_the_one_before(self, worker: Worker, sampler: Sampler) -> None:
        task = asked([fresh("slow")], batch_size=4, concurrency=4, strict_waves=True)
        seen: set[tuple[int, ...]] = set()

        def look(turn: Any) -> bool:
            seen.add(tuple(sorted(NodeSlot.objects.values_list("batch__number", flat=True).distinct())))
            return Task.objects.get(pk=task.pk).finished

        worker.cycles(look)

        assert seen == {(), (1,), (2,), (3,)}
        sampler.assert_within(batch_caps(task, sampler))

    def test_run_as_many_side_by_side_as_is_asked_for(self, worker: Worker, sampler: Sampler) -> None:
        task = asked([fresh("slow")], batch_size=3, concurrency=2, parallel_batches=2)
        most = 0

        def look(turn: Any) -> bool:
            nonlocal most
            most = max(most, NodeSlot.objects.values("batch").distinct().count())
            return Task.objects.get(pk=task.pk).finished

        worker.cycles(look)

        assert most >= 2
        peaks = sampler.peaks()
        assert 2 < peaks["cluster"] <= 4
        sampler.assert_within(batch_caps(task, sampler))

    def test_that_are_strict_and_side_by_side_are_as_many_as_is_asked_for(self, worker: Worker) -> None:
        task = asked([fresh("slow")], batch_size=2, concurrency=2, parallel_batches=2, strict_waves=True)
        most = 0

        def look(turn: Any) -> bool:
            nonlocal most
            most = max(most, len(opened(task)))
            return Task.objects.get(pk=task.pk).finished

        worker.cycles(look)

        assert most == 2
