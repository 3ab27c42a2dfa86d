"""Two workers after the same small batches: each pull job is made once, and a kill leaks no limit."""

from __future__ import annotations

import random

from prewarm.models import Limit
from tests.faults.stage import NODES, Stage


def test_two_workers_share_many_small_batches(stage: Stage, chance: random.Random) -> None:
    size = chance.randint(1, 3)
    tasks = [stage.ask(batch_size=size, concurrency=1, parallel_batches=20) for _ in range(2)]

    stage.end_of(*tasks)

    assert [(task.status, task.succeeded) for task in tasks] == [("succeeded", NODES)] * 2


def test_a_kill_leaks_no_limit(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=5, concurrency=5, parallel_batches=4)
    stage.for_a_while(chance.uniform(0.5, 1.5))
    for worker in stage.workers:
        worker.kill()

    stage.end_of(task)

    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert not Limit.objects.exclude(name__startswith="rate:").exclude(used=0).exists()
