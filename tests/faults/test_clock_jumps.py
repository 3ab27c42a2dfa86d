"""The clock of one process jumps by an hour or a day, or the database's: all leases are told by that one clock.

Part of F31; what schedules do then is told where schedules are.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.faketime import FakeClock
from tests.faults.stage import NODES, Stage
from tests.processes import MariaDB

HOUR, DAY = 3600, 86_400
JUMPS = (-DAY, -HOUR, HOUR, DAY)


@pytest.mark.each_place
@pytest.mark.parametrize("name", ["worker-1", "ticker", "scheduler", "watcher"])
def test_a_process_whose_clock_jumps_does_its_work(
    stage: Stage, name: str, chance: random.Random, tmp_path: Path
) -> None:
    clock = FakeClock(tmp_path)
    part = stage.parts[name]
    part.end()
    part.start(**clock.environment)
    stage.until(part.up, f"{name} to be up")
    task = stage.ask(batch_size=10, concurrency=3, parallel_batches=2)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    clock.jump(chance.choice(JUMPS))

    late = stage.ask(batch_size=10, concurrency=10)
    stage.end_of(task, late)
    assert [(one.status, one.succeeded) for one in (task, late)] == [("succeeded", NODES)] * 2
    part.end()


@pytest.mark.each_place
@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_a_database_whose_clock_jumps_holds_up_nobody(
    stage: Stage, fault_mariadb: MariaDB, jump: int, chance: random.Random, tmp_path: Path
) -> None:
    """The task's time limits are longer than the jump: an hour ahead is an hour that has passed."""
    clock = FakeClock(tmp_path)
    fault_mariadb.stop()
    fault_mariadb.start(**clock.environment)
    connection.close()
    stage.make_whole()
    task = stage.ask(batch_size=10, concurrency=3, timeout_seconds=86_000, pull_timeout_seconds=20_000)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    stage.holder_of(task).kill()
    clock.jump(jump)

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    fault_mariadb.stop()
    fault_mariadb.start()
    connection.close()
