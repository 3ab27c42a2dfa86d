"""F1: `kill -9` of a worker in the middle of its batches. Another goes on, with one pull job per node."""

from __future__ import annotations

import random
import uuid

from prewarm.models import Task
from tests.faults.stage import NODES, Stage


def fresh() -> list[str]:
    return [f"faults/{uuid.uuid4().hex}:1"]


def test_f01_a_worker_killed_in_mid_batch_loses_nothing(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(fresh(), batch_size=10, concurrency=5, parallel_batches=2)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: done(task) >= enough, "some nodes to be done")

    stage.holder_of(task).kill()

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)


def done(task: Task) -> int:
    task.refresh_from_db()
    return task.succeeded
