"""F18: the API server says 429 or 503. IPS leaves it alone for as long as it asks, and never lists anew for that."""

from __future__ import annotations

import random
import time

from tests.faults.api_faults import Asked, Harm
from tests.faults.api_stage import ALL_AT_ONCE, ApiStage, most_within, outcomes
from tests.fleet.fixtures import NODES


def test_f18_an_api_server_that_is_busy_is_asked_again_when_it_said(api: ApiStage, chance: random.Random) -> None:
    api.parts["worker-2"].freeze()  # what one worker was told, another does not know
    begun, seed = time.monotonic(), chance.randrange(1_000_000)
    busy = {"code": 429, "headers": {"Retry-After": "1"}, "message": "too many requests"}
    with api.proxy.harming(Harm.ANSWER, rate=0.2, seed=seed, **busy) as fault:
        task = api.ask(batch_size=NODES, concurrency=10)
        api.end_of(task)

    assert fault.struck
    assert outcomes(task) == ALL_AT_ONCE
    creates = api.proxy.asked("create", "pods", begun)
    refused = [one for one in creates if one.code == 429]
    assert refused
    for one in refused:
        again = [other.at - one.at for other in creates if other.name == one.name and other.at > one.at]
        assert min(again) >= 1.0
    assert api.relists(begun) == 0


def test_f18_what_one_create_was_told_holds_for_all_of_its_worker(api: ApiStage, chance: random.Random) -> None:
    api.parts["worker-2"].freeze()
    busy = {"code": 429, "headers": {"Retry-After": "8"}, "skip": chance.randint(1, 4), "times": 1}
    with api.proxy.harming(Harm.ANSWER, "create", "pods", **busy):
        task = api.ask_slow(1, batch_size=NODES, concurrency=2, parallel_batches=1)
        api.end_of(task)

    assert outcomes(task) == ALL_AT_ONCE
    creates = api.proxy.asked("create", "pods")
    (told,) = [one.at for one in creates if one.code == 429]
    heard = told + 3  # generous: it is a moment, and what was sent before does not count
    assert [one.at - told for one in creates if heard < one.at < told + 8] == []
    assert max(one.at for one in creates) >= told + 8


def refused_watches(api: ApiStage, since: float) -> list[Asked]:
    return [one for one in api.proxy.asked("watch", "pods", since) if one.code == 429]


def test_f18_the_watch_waits_too_and_goes_on_where_it_was(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1)
    api.until_done(task, chance.randint(0, 8))
    begun = time.monotonic()
    busy = {"code": 429, "headers": {"Retry-After": "2"}}
    with api.proxy.harming(Harm.ANSWER, "watch", "pods", **busy):
        api.proxy.harm_watches(Harm.RESET, "pods")
        api.until(lambda: len(refused_watches(api, begun)) >= 3 * len(api.workers), "three tries each")

    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE
    assert api.relists(begun) == 0
    assert most_within(2.0, refused_watches(api, begun)) <= len(api.workers)


def test_f18_an_api_server_that_is_unavailable_now_and_then_costs_time_only(
    api: ApiStage, chance: random.Random
) -> None:
    with api.proxy.harming(Harm.ANSWER, code=503, rate=0.3, seed=chance.randrange(1_000_000)) as fault:
        task = api.ask(batch_size=NODES, concurrency=10)
        api.end_of(task)

    assert fault.struck
    assert outcomes(task) == ALL_AT_ONCE
