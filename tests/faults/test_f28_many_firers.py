"""F28: many replicas look at the same schedules at the same moment. Each firing is one run and one task."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from prewarm.models import Schedule, ScheduleRun, Task
from tests.faults.firing import make_due, make_schedules, race, scheduled
from tests.faults.stage import Stage
from tests.processes import MariaDB, Valkey
from tests.simulator import Simulated

PROCESSES, SCHEDULES = 8, 200
PLACES = ("schedule_claimed", "schedule_run_written", "schedule_fired")


@pytest.fixture(params=["SQLite", "MariaDB"])
def tables(
    request: pytest.FixtureRequest,
    fault_cluster: Simulated,
    fault_valkey: Valkey,
    fault_mariadb: MariaDB,
    django_db_blocker: DjangoDbBlocker,
    tmp_path: Path,
) -> Iterator[Stage]:
    """A database on which no process of IPS runs."""
    if request.param == "SQLite":
        database = {"IPS_DB_ENGINE": "sqlite", "IPS_DB_NAME": str(tmp_path / "ips.sqlite3")}
    else:
        fault_mariadb.make_database("ips_firing")
        database = fault_mariadb.environment("ips_firing")
    stage = Stage(tmp_path / "ips", fault_cluster, fault_valkey, database)
    with django_db_blocker.unblock(), stage.as_own_database():
        call_command("migrate", verbosity=0)
        yield stage
    stage.http.close()


def test_f28_eight_processes_and_two_hundred_due_schedules_are_two_hundred_runs(tables: Stage, tmp_path: Path) -> None:
    make_due(make_schedules(SCHEDULES))

    shares = race({**tables.environment, "DJANGO_SETTINGS_MODULE": "ips.settings"}, PROCESSES, tmp_path)

    print(f"runs by process: {shares}")
    assert ScheduleRun.objects.count() == SCHEDULES
    assert Task.objects.filter(runs__outcome="made").count() == Task.objects.count() == SCHEDULES
    assert ScheduleRun.objects.values("schedule").distinct().count() == SCHEDULES
    assert not Schedule.objects.filter(next_at=None).exists()


@pytest.mark.each_place
@pytest.mark.parametrize("place", PLACES)
def test_f28_a_tick_that_dies_in_a_firing_costs_only_time(stage: Stage, place: str, chance: random.Random) -> None:
    ticker = stage.parts["ticker"]
    with scheduled(5) as schedules:
        ticker.end()
        ticker.start(IPS_CRASH_POINT=f"{place}:{chance.randint(1, 5)}")
        make_due(schedules)
        stage.until(ticker.dies, f"the tick to die at {place}")

        stage.until(lambda: ScheduleRun.objects.count() >= 5, "the others to be fired")
        stage.until(lambda: not Schedule.objects.filter(next_at=None).exists(), "all to be fired")

        runs = list(ScheduleRun.objects.filter(schedule__in=schedules))
        assert sorted(run.schedule_id for run in runs) == sorted(one.pk for one in schedules)
        assert {run.outcome for run in runs} == {"made"}
        stage.end_of(*Task.objects.filter(schedule__in=schedules))


def test_f28_redis_forgets_everything_and_each_time_comes_once(stage: Stage, chance: random.Random) -> None:
    with scheduled(3) as schedules, stage.also("scheduler-2", "runscheduler"):
        make_due(schedules)
        with redis.Redis.from_url(stage.valkey.url) as client:
            for _ in range(4):
                client.flushall()
                stage.for_a_while(chance.uniform(0, 0.7))
        stage.until(lambda: ScheduleRun.objects.filter(schedule__in=schedules).count() >= 3, "all to be fired")
        times = list(ScheduleRun.objects.filter(schedule__in=schedules).values_list("schedule", "scheduled_for"))
        assert len(times) == len(set(times))
        stage.end_of(*Task.objects.filter(schedule__in=schedules))
