"""F36: whoever delivers dies between sending and writing it down, and Redis forgets. The same id again; none lost."""

from __future__ import annotations

import random
from collections import Counter

import redis
from standardwebhooks import Webhook as Verifier

from tests.faults.stage import Stage
from tests.faults.telling import listening, messenger, none_waits, told_of
from tests.webhooks.receivers import Receiver
from webhooks.models import Delivery, DeliveryStatus

ALL = ["task.created", "task.started", "task.succeeded"]


def test_f36_what_was_sent_and_not_saved_is_sent_again_under_its_id(stage: Stage, chance: random.Random) -> None:
    with Receiver() as receiver, listening(receiver.url) as (webhook,), messenger(stage) as part:
        part.end()
        place = chance.choice(["delivery_sending", "delivery_sent", "delivery_saved"])
        nth = chance.randint(1, 3)
        part.start(IPS_CRASH_POINT=f"{place}:{nth}")
        task = stage.ask(batch_size=20, concurrency=10, parallel_batches=2)
        stage.until(part.dies, f"it to die at {place}")
        stage.end_of(task)
        stage.until(none_waits, "everything to be told")

        assert told_of(webhook, task) == ALL
        rows = Delivery.objects.filter(webhook=webhook)
        assert set(rows.values_list("status", flat=True)) == {DeliveryStatus.DELIVERED}
        heard = Counter(told.headers["webhook-id"] for told in receiver.told)
        assert set(heard) == {str(pk) for pk in rows.values_list("pk", flat=True)}
        assert sorted(heard.values()) == ([1, 1, 2] if place == "delivery_sent" else [1, 1, 1])
        bodies = {(told.headers["webhook-id"], told.body) for told in receiver.told}
        assert len(bodies) == len(heard), "sent again, it says the same"
        for told in receiver.told:
            Verifier(webhook.secret).verify(told.body, told.headers)


def test_f36_redis_forgets_everything_and_nothing_is_lost(stage: Stage, chance: random.Random) -> None:
    with Receiver() as receiver, listening(receiver.url) as (webhook,), messenger(stage):
        tasks = [stage.ask(batch_size=20, concurrency=10, parallel_batches=2) for _ in range(2)]
        with redis.Redis.from_url(stage.valkey.url) as client:
            for _ in range(5):
                client.flushall()
                stage.for_a_while(chance.uniform(0, 0.7))
        stage.end_of(*tasks)
        stage.until(none_waits, "everything to be told")

        assert told_of(webhook, *tasks) == sorted(ALL * 2)
        assert len({told.headers["webhook-id"] for told in receiver.told}) == 6
