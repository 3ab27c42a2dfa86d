"""F32: a schedule fires while its last task still runs, and four replicas tick. The policy decides, once."""

from __future__ import annotations

import random
from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import pytest

from prewarm.models import Schedule, ScheduleRun, Task
from tests.faults.firing import make_due, scheduled
from tests.faults.part import Part
from tests.faults.stage import MANAGE, Stage


def outcomes(one: Schedule) -> list[str]:
    return [str(run.outcome) for run in ScheduleRun.objects.filter(schedule=one).order_by("scheduled_for")]


def fires(stage: Stage, one: Schedule, number: int) -> None:
    """It is due once more; what fired before was some minutes ago."""
    for run in ScheduleRun.objects.filter(schedule=one).order_by("scheduled_for"):
        ScheduleRun.objects.filter(pk=run.pk).update(scheduled_for=run.scheduled_for - timedelta(hours=1))
    make_due([one])
    stage.until(lambda: len(outcomes(one)) == number, f"firing {number}")


@pytest.mark.parametrize("overlap", ["skip", "queue", "replace"])
def test_f32_a_slow_task_and_four_replicas(stage: Stage, overlap: str, chance: random.Random) -> None:
    form = {
        "images": [f"faults/{uuid4().hex}:1"],
        "node_names": stage.cluster.node_names()[:10],
        "batch_size": 10,
        "concurrency": 1,
    }
    with ExitStack() as replicas, scheduled(overlap=overlap, task=form) as (one,):
        for number in range(2, 5):
            command = [*MANAGE, "runworker", "ticks"]
            part = Part(f"ticker-{number}", command, dict(stage.environment), stage.logs)
            replicas.enter_context(stage.beside(part))
        fires(stage, one, 1)
        (first,) = Task.objects.filter(schedule=one)
        stage.until(lambda: Task.objects.get(pk=first.pk).in_flight > 0, "the first task to pull")
        fires(stage, one, 2)
        then = outcomes(one)
        stage.for_a_while(chance.uniform(0.5, 2))
        while_it_runs = Task.objects.filter(schedule=one).count()
        stage.end_of(first)

        if overlap == "skip":
            assert (then, while_it_runs) == (["made", "skipped"], 1)
            assert first.status == "succeeded"
        else:
            stage.until(lambda: outcomes(one) == ["made", "made"], "the second task to be made")
            second = Task.objects.filter(schedule=one).latest("created_at")
            assert second.created_at >= first.finished_at, "never side by side"
            assert first.status == ("succeeded" if overlap == "queue" else "cancelled")
            stage.end_of(second)
        assert Task.objects.filter(schedule=one).count() == (1 if overlap == "skip" else 2)
