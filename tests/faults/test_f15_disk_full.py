"""F15: the disk of the database is full, or that of the logs. IPS says so, and goes on by itself when there is room."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

from tests.faults.stage import NODES, Stage


def test_f15_a_full_database_is_told_and_needs_no_repair(sqlite_stage: Stage, chance: random.Random) -> None:
    stage = sqlite_stage
    full = Path(stage.environment["IPS_TEST_DISK_FULL"])
    task = stage.ask(batch_size=10, concurrency=5)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    full.touch()
    try:
        answer = stage.post_task(images=[f"faults/{'long/' * 45}{number}:1" for number in range(450)])
        assert (answer.status_code, answer.json()["code"]) == (507, "database_full")
        assert stage.not_ready() == {"database"}
        assert stage.web("/healthz").status_code == 200
        assert stage.http.get(f"tasks/{task.pk}/").status_code == 200
    finally:
        full.unlink()

    stage.until(lambda: not stage.not_ready(), "IPS to find that there is room")
    late = stage.ask(batch_size=10, concurrency=10)
    stage.end_of(task, late)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert sqlite3.connect(stage.folder / "ips.sqlite3").execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_f15_a_worker_whose_log_has_no_room_goes_on(stage: Stage) -> None:
    first, second = stage.workers
    stage.alone(first, output=Path("/dev/full"))

    task = stage.ask(batch_size=10, concurrency=10)

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert first.end() == 0
    second.thaw()
