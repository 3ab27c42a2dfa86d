"""F10: Redis is full, or may throw away what it likes. The one costs time, the other is warned of."""

from __future__ import annotations

import random

import redis

from tests.faults.stage import NODES, Stage


def test_f10_a_full_redis_costs_time_and_no_work(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=10, concurrency=3, parallel_batches=2)
    enough = chance.randint(0, NODES // 2)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")

    with redis.Redis.from_url(stage.valkey.url) as client:
        client.config_set("maxmemory", "1kb")
        late = stage.ask(batch_size=10, concurrency=10)
        stage.for_a_while(chance.uniform(1, 4))
        client.config_set("maxmemory", "0")

    stage.end_of(task, late)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert (late.status, late.succeeded) == ("succeeded", NODES)


def test_f10_a_redis_that_may_forget_anything_is_warned_of_at_the_start(stage: Stage) -> None:
    with redis.Redis.from_url(stage.valkey.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        warned = stage.said("Redis may throw away what waits in its queues")
        worker = stage.workers[0]
        worker.end()
        worker.start()
        stage.until(warned, "the worker to warn of it")
        client.config_set("maxmemory-policy", "noeviction")
