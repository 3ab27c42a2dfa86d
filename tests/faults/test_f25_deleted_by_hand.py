"""F25: somebody deletes pull jobs with kubectl, before, during or after the pull."""

from __future__ import annotations

import random

import pytest

from prewarm.models import NodeSlot
from tests.faults.api_faults import Harm
from tests.faults.api_stage import ApiStage, outcomes
from tests.faults.proxied import JOBS
from tests.fleet.fixtures import NODES

AGAIN = "succeeded after deleted_externally"


def test_f25_deleted_before_the_kubelet_took_it_is_made_again(api: ApiStage, chance: random.Random) -> None:
    node = chance.choice(api.nodes)
    api.fleet.stop(node)
    task = api.ask(node_names=[node])
    api.until(lambda: bool(api.cluster.pods_on(node)), "its pod")
    api.cluster.delete_pod(api.cluster.pods_on(node)[0])
    api.fleet.go(node)

    api.end_of(task)
    assert outcomes(task) == {AGAIN: 1}


def test_f25_deleted_while_it_pulls_is_made_again(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(4, batch_size=NODES, concurrency=NODES, parallel_batches=1)
    victims = chance.sample(api.nodes, 3)
    api.until(lambda: len(api.pulling_on(*victims)) == 3, "three nodes to pull")
    for pod in api.pulling_on(*victims):
        api.cluster.delete_pod(pod)

    api.end_of(task)
    assert outcomes(task) == {"succeeded": NODES - 3, AGAIN: 3}


def test_f25_deleted_after_its_verdict_was_seen_keeps_the_verdict(api: ApiStage, chance: random.Random) -> None:
    with api.proxy.harming(Harm.ANSWER, "delete", "pods", code=503):
        task = api.ask(node_names=chance.sample(api.nodes, 3))
        api.until(lambda: api.done(task) == 3, "the verdicts")
        for pod in api.cluster.pods():
            api.cluster.delete_pod(pod)
        api.end_of(task)

    assert outcomes(task) == {"succeeded": 3}


@pytest.mark.parametrize(("history", "ends"), [("kept", "succeeded"), ("forgotten", AGAIN)])
def test_f25_deleted_after_a_verdict_that_nobody_saw_is_asked_again_if_the_api_server_has_forgotten_it(
    api: ApiStage, chance: random.Random, history: str, ends: str
) -> None:
    task = api.ask_slow(5, node_names=chance.sample(api.nodes, 3))  # nobody may see them before it is deaf
    api.until(lambda: NodeSlot.objects.exclude(uid="").count() == 3, "pull jobs")
    with (
        api.proxy.harming(Harm.ANSWER, "watch", "pods", code=503) as unavailable,
        api.proxy.harming(Harm.EXPIRE, "watch", "pods", times=2 if history == "forgotten" else 0),
    ):
        api.proxy.harm_watches(Harm.RESET, "pods")
        api.until(lambda: len(api.pulled()) == 3, "the pulls to end")
        for pod in api.pulled():
            api.cluster.delete_pod(pod)
        unavailable.times = 0
        api.end_of(task)

    assert outcomes(task) == {ends: 3}


def test_f25_what_is_deleted_every_time_fails_in_the_end(api: ApiStage, chance: random.Random) -> None:
    node = chance.choice(api.nodes)
    task = api.ask_slow(5, node_names=[node], max_attempts=2)

    def deleted_until_it_ends() -> bool:
        for pod in api.pulling_on(node):
            api.cluster.delete_pod(pod)
        return api.finished(task)

    api.until(deleted_until_it_ends, "the task to give up")
    assert outcomes(task) == {"failed deleted_externally after deleted_externally": 1}


@pytest.mark.parametrize("what", ["the Job", "its pod"])
def test_f25_a_job_or_its_pod_deleted_by_hand_is_made_again(api: ApiStage, chance: random.Random, what: str) -> None:
    task = api.ask_slow(2, node_names=chance.sample(api.nodes, 2), puller="job")
    api.until(lambda: len(api.pulling_on(*api.nodes)) == 2, "two nodes to pull")
    if what == "the Job":
        api.cluster.server.delete(f"{JOBS}/{api.cluster.jobs()[0]['metadata']['name']}", propagationPolicy="Background")
    else:
        api.cluster.delete_pod(api.cluster.pods()[0])

    api.end_of(task)
    found = outcomes(task)
    assert found.pop("succeeded") == 1
    assert found in ({AGAIN: 1}, {"succeeded after recreated": 1})  # the Job of a deleted pod fails, and tells nothing
