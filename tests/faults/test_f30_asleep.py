"""F30: nobody ticks for hours, or for a month. One run stands for all that was missed, and says for how many."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from prewarm.models import ScheduleRun, Task
from tests.faults.firing import make_due, scheduled
from tests.faults.stage import Stage


@pytest.mark.parametrize("asleep", [timedelta(hours=3), timedelta(days=30)], ids=str)
def test_f30_what_was_missed_is_caught_up_once(stage: Stage, asleep: timedelta, chance: random.Random) -> None:
    with scheduled(cron="* * * * *") as schedules:
        for name in ("ticker", "scheduler"):
            stage.parts[name].end()
        make_due(schedules, asleep)
        stage.make_whole()
        stage.until(lambda: ScheduleRun.objects.filter(schedule__in=schedules).exists(), "it to be fired")

        first = ScheduleRun.objects.filter(schedule__in=schedules).earliest("fired_at")
        minutes = asleep // timedelta(minutes=1)
        assert first.outcome == "made"
        assert minutes - 1 <= first.missed <= minutes + 2
        assert first.fired_at - first.scheduled_for < timedelta(minutes=1)
        stage.end_of(*Task.objects.filter(schedule__in=schedules))


def test_f30_what_may_not_be_late_is_missed_and_said(stage: Stage, chance: random.Random) -> None:
    with scheduled(starting_deadline_seconds=chance.randint(10, 3000)) as schedules:
        make_due(schedules, timedelta(hours=3))
        stage.until(lambda: ScheduleRun.objects.filter(schedule__in=schedules).exists(), "it to be noticed")

        (run,) = ScheduleRun.objects.filter(schedule__in=schedules)
        assert (run.outcome, run.reason, run.task_id) == ("missed", "too_late", None)
