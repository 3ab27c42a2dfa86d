"""F1: `kill -9` of a worker in the middle of its batches. Another goes on, with one pull job per node."""

from __future__ import annotations

import random

from tests.faults.stage import NODES, Stage


def test_f01_a_worker_killed_in_mid_batch_loses_nothing(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=10, concurrency=5, parallel_batches=2)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    stage.holder_of(task).kill()

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
