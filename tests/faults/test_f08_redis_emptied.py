"""F8: all of Redis is lost, at any moment, again and again. The tick comes back, and with it the turns."""

from __future__ import annotations

import random

import redis

from tests.faults.stage import NODES, Stage


def test_f08_whatever_redis_forgets_is_found_in_the_database(stage: Stage, chance: random.Random) -> None:
    tasks = [stage.ask(batch_size=5, concurrency=3), stage.ask(batch_size=10, concurrency=3)]

    with redis.Redis.from_url(stage.valkey.url) as client:
        for _ in range(5):
            client.flushall()
            stage.for_a_while(chance.uniform(0, 0.7))

    stage.end_of(*tasks)
    assert [(task.status, task.succeeded) for task in tasks] == [("succeeded", NODES)] * 2
