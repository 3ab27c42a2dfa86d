"""F7: `kill -9` of Valkey in the middle of a task; its data is there again when it comes back."""

from __future__ import annotations

import random

from tests.faults.stage import NODES, Stage


def test_f07_a_killed_redis_costs_time_and_no_work(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=10, concurrency=3, parallel_batches=2)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    stage.kill_server("valkey", stage.valkey)
    stage.until(lambda: "redis" in stage.not_ready(), "IPS to say so")
    assert stage.http.get(f"tasks/{task.pk}/").status_code == 200
    late = stage.ask(batch_size=10, concurrency=10)
    stage.for_a_while(chance.uniform(0, 3))
    stage.valkey.start()

    stage.end_of(task, late)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert (late.status, late.succeeded) == ("succeeded", NODES)
