"""F16: the API server is away. The task says so and waits; no node is lost, and it goes on soon after."""

from __future__ import annotations

import random

from tests.faults.api_stage import ALL_AT_ONCE, NODE_ANSWER, ApiStage, outcomes


def test_f16_an_api_server_that_is_away_costs_no_node(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1.5)
    api.until_done(task, chance.randint(0, 8))

    with api.proxy.away():
        api.until_it_waits(task, "cluster_unreachable", NODE_ANSWER)
        assert (task.status, task.failed) == ("running", 0)
    done = task.succeeded

    api.until(lambda: api.finished(task) or task.succeeded > done, "the task to go on", 15)
    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE
