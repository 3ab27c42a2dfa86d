"""F17: the API server is slow, hangs, or leaves a watch half open. Every request has its time limit."""

from __future__ import annotations

import random
import time

from tests.faults.api_faults import Harm
from tests.faults.api_stage import ALL_AT_ONCE, NODE_ANSWER, ApiStage, outcomes
from tests.fleet.fixtures import NODES


def test_f17_slow_answers_cost_time_only(api: ApiStage, chance: random.Random) -> None:
    seed = chance.randrange(1_000_000)
    with (
        api.proxy.harming(Harm.DELAY, seconds=2.5, rate=0.1, seed=seed) as too_slow,
        api.proxy.harming(Harm.DELAY, seconds=0.5, rate=0.3, seed=seed + 1) as slow,
    ):
        task = api.ask(batch_size=NODES, concurrency=10)
        api.end_of(task)

    assert too_slow.struck and slow.struck
    assert outcomes(task) == ALL_AT_ONCE


def test_f17_a_watch_that_falls_silent_is_replaced(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1)
    api.until_done(task, chance.randint(0, 8))
    begun = time.monotonic()
    muted = api.proxy.harm_watches(Harm.MUTE, "pods")
    assert muted

    api.until(lambda: len(api.proxy.asked("watch", "pods", begun)) >= muted, "new watches")
    api.end_of(task)

    assert outcomes(task) == ALL_AT_ONCE
    assert api.relists(begun) == 0


def test_f17_connections_that_nobody_answers_count_as_no_cluster(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1)
    api.until_done(task, chance.randint(0, 8))

    with api.proxy.harming(Harm.HANG):
        api.proxy.harm_watches(Harm.MUTE)
        api.until_it_waits(task, "cluster_unreachable", NODE_ANSWER)
        assert (task.status, task.failed) == ("running", 0)

    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE
