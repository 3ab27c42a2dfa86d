"""F5: workers are told to end one after the other, again and again. Nothing fails, and nobody waits for a lease."""

from __future__ import annotations

import random

from tests.faults.stage import NODES, Stage

EVERY_SECONDS = 3.0


def test_f05_workers_that_are_restarted_in_turn_hand_everything_over(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=5, concurrency=1, parallel_batches=2)
    took_over = stage.said("took over a batch")

    for number in range(4):
        stage.for_a_while(EVERY_SECONDS * chance.uniform(0.5, 1.5))
        worker = stage.workers[number % 2]
        stage.until(worker.up, "the worker to be up again")
        assert worker.end() == 0
        worker.start()

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert not took_over()
