"""F3, the outbox: a worker dies around the commit of what is to be told. Told is what happened: once, and all of it."""

from __future__ import annotations

import random

import pytest

from tests.faults.stage import NODES, Stage
from tests.faults.telling import listening, messenger, none_waits, told_of
from tests.webhooks.receivers import Receiver

ALL = ["task.created", "task.started", "task.succeeded"]
# A worker tells of the beginning and of the end; the web process of the making.
PLACES = {
    "deliveries_written": 2,  # inside the transaction of what is told
    "deliveries_committed": 2,  # after it, before anybody rang
}


@pytest.mark.each_place
@pytest.mark.parametrize("place", PLACES)
def test_f03_what_happened_is_told_whoever_dies_in_between(stage: Stage, place: str, chance: random.Random) -> None:
    with Receiver() as receiver, listening(receiver.url) as (webhook,), messenger(stage):
        first, second = stage.workers
        stage.alone(first, IPS_CRASH_POINT=f"{place}:{chance.randint(1, PLACES[place])}")
        task = stage.ask(batch_size=20, concurrency=10, parallel_batches=2)
        stage.until(first.dies, f"the worker to die at {place}")
        second.thaw()

        stage.end_of(task)
        stage.until(none_waits, "everything to be told")
        assert (task.status, task.succeeded) == ("succeeded", NODES)
        assert told_of(webhook, task) == ALL
        assert sorted(heard.json["type"] for heard in receiver.told) == ALL
        assert [heard.json["sequence"] for heard in receiver.told] == [1, 2, 3]
