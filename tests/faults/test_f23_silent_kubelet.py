"""F23: a node's kubelet says nothing any more. IPS has deadlines of its own, and the task always ends."""

from __future__ import annotations

import random

from tests.faults.api_stage import ApiStage, outcomes


def test_f23_a_kubelet_that_never_takes_the_pull_job_is_given_up(api: ApiStage, chance: random.Random) -> None:
    silent, *others = chance.sample(api.nodes, 4)
    api.fleet.stop(silent)
    task = api.ask(node_names=[silent, *others], max_attempts=1)
    api.end_of(task)

    assert outcomes(task) == {"succeeded": 3, "failed node_unready": 1}
    assert task.node_results.get(reason="node_unready").node == silent
    api.until(lambda: not api.cluster.pods_on(silent), "its pod to be gone")


def test_f23_a_kubelet_that_falls_silent_in_mid_pull_costs_its_own_node_only(
    api: ApiStage, chance: random.Random
) -> None:
    silent, *others = chance.sample(api.nodes, 4)
    task = api.ask_slow(2, node_names=[silent, *others], pull_timeout_seconds=5, max_attempts=1)
    api.until(lambda: bool(api.pulling_on(silent)), f"{silent} to pull")
    api.fleet.stop(silent)
    api.end_of(task)

    assert outcomes(task) == {"succeeded": 3, "failed deadline_exceeded": 1}
    assert task.node_results.get(reason="deadline_exceeded").node == silent
    api.until(lambda: not api.cluster.pods_on(silent), "its pod to be gone")
