"""F16: the API server is away. The task says so and waits; no node is lost, and it goes on soon after."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from prewarm.models import Task
from tests.faults.api_stage import ALL_AT_ONCE, NODE_ANSWER, ApiStage, outcomes


def test_f16_an_api_server_that_is_away_costs_no_node(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1.5)
    api.until_done(task, chance.randint(0, 8))

    is_away_for(api, task, NODE_ANSWER)


@pytest.mark.only_long
@pytest.mark.timeout(300)
def test_f16_an_api_server_that_is_away_for_90_seconds_costs_no_node(api: ApiStage) -> None:
    task = api.ask_slow(1.5)
    api.until_done(task, 4)

    is_away_for(api, task, timedelta(seconds=90))


def is_away_for(api: ApiStage, task: Task, length: timedelta) -> None:
    """The task waits so long and loses nothing, goes on soon after, and ends with the image on every node."""
    with api.proxy.away():
        api.until_it_waits(task, "cluster_unreachable", length)
        assert (task.status, task.failed) == ("running", 0)
    done = task.succeeded

    api.until(lambda: api.finished(task) or task.succeeded > done, "the task to go on", 15)
    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE
