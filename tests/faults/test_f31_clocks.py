"""F31: a replica's clock jumps, or the database's. No time is fired twice, and none before the database says so."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from prewarm.clock import database_now
from prewarm.models import Schedule, ScheduleRun, Task
from tests.faults.faketime import FakeClock
from tests.faults.firing import make_due, scheduled
from tests.faults.stage import Stage
from tests.processes import MariaDB

HOUR, DAY = 3600, 86_400


def runs(schedules: list[Schedule]) -> list[ScheduleRun]:
    return list(ScheduleRun.objects.filter(schedule__in=schedules).order_by("fired_at"))


def a_day_late(run: ScheduleRun) -> bool:
    """Whether it stands for all that a minutely schedule missed in a day."""
    return run.missed >= DAY // 60 - 2


def _next_at(schedule: Schedule) -> datetime:
    """While it is being fired it has none: that is soon."""
    return Schedule.objects.get(pk=schedule.pk).next_at or database_now()


@pytest.mark.each_place
@pytest.mark.parametrize("jump", [-DAY, -HOUR, HOUR, DAY])
def test_f31_a_replicas_clock_decides_nothing(stage: Stage, jump: int, chance: random.Random, tmp_path: Path) -> None:
    clock, ticker = FakeClock(tmp_path), stage.parts["ticker"]
    ticker.end()
    ticker.start(**clock.environment)
    stage.until(ticker.up, "the ticker to be up")
    with scheduled(2) as (soon, late):
        Schedule.objects.filter(pk=late.pk).update(next_at=database_now() + timedelta(minutes=30))
        clock.jump(jump)
        stage.for_a_while(1.5)
        make_due([soon])
        stage.until(lambda: bool(runs([soon])), "what is due to be fired")

        stage.for_a_while(1)

        assert [run.outcome for run in runs([soon])] == ["made"]
        assert abs(runs([soon])[0].fired_at - database_now()) < timedelta(minutes=1)
        assert runs([late]) == []
        stage.end_of(*Task.objects.filter(schedule__in=[soon, late]))
    ticker.end()


@pytest.mark.each_place
def test_f31_the_databases_clock_goes_a_day_ahead_and_back(
    stage: Stage, fault_mariadb: MariaDB, chance: random.Random, tmp_path: Path
) -> None:
    """Ahead is a day that has passed. Back, nothing that had its run gets another."""
    clock = FakeClock(tmp_path)
    fault_mariadb.stop()
    fault_mariadb.start(**clock.environment)
    connection.close()
    stage.make_whole()
    with scheduled(cron="* * * * *") as schedules:
        make_due(schedules)
        stage.until(lambda: len(runs(schedules)) == 1, "the first run")
        clock.jump(DAY)
        stage.until(lambda: any(a_day_late(run) for run in runs(schedules)), "the run of a day later")
        clock.jump(0)
        minute = timedelta(minutes=1)
        stage.until(lambda: _next_at(schedules[0]) <= database_now() + minute, "it to wait for its next minute")
        Schedule.objects.filter(pk=schedules[0].pk).update(next_at=runs(schedules)[0].scheduled_for)
        stage.until(lambda: _next_at(schedules[0]) > database_now(), "it to be looked at")

        found = runs(schedules)
        assert [a_day_late(run) for run in found].count(True) == 1
        assert len({run.scheduled_for for run in found}) == len(found)
        first = found[0].scheduled_for
        assert [run.scheduled_for for run in found].count(first) == 1
        stage.end_of(*Task.objects.filter(schedule__in=schedules))
    fault_mariadb.stop()
    fault_mariadb.start()
    connection.close()
