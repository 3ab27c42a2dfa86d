"""F13: SQLite has one writer at a time. Many wait their turn; who waits too long is told to come again."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.faults.stage import NODES, Stage

WRITERS = 4


def test_f13_four_writers_and_two_workers_fail_not_once(sqlite_stage: Stage) -> None:
    wish = {"node_names": sqlite_stage.cluster.node_names()[:5], "batch_size": 5}
    with ThreadPoolExecutor(WRITERS) as pool:
        asked = list(pool.map(lambda _: sqlite_stage.post_task(**wish).status_code, range(12)))

    assert asked == [202] * 12


def test_f13_a_writer_that_does_not_let_go_is_503_and_then_all_goes_on(
    sqlite_stage: Stage, chance: random.Random
) -> None:
    stage = sqlite_stage
    task = stage.ask(batch_size=10, concurrency=5)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    with locked(stage):
        answer = stage.post_task()
        assert stage.http.get(f"tasks/{task.pk}/").status_code == 200

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)


def test_f13_a_killed_worker_leaves_no_lock_behind(sqlite_stage: Stage, chance: random.Random) -> None:
    task = sqlite_stage.ask(batch_size=10, concurrency=5)
    enough = chance.randint(0, NODES // 2)
    sqlite_stage.until(lambda: sqlite_stage.done(task) >= enough, "some nodes to be done")

    sqlite_stage.holder_of(task).kill()

    sqlite_stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Another program writes to the file, and does not come to an end."""
    other = sqlite3.connect(stage.folder / "ips.sqlite3", timeout=20, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
