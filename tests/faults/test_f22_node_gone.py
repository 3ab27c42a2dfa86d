"""F22: a node leaves the cluster in the middle of a pull."""

from __future__ import annotations

import random

from tests.faults.api_stage import ApiStage, outcomes
from tests.fleet.fixtures import NODES


def test_f22_a_node_that_leaves_in_mid_pull_ends_as_node_gone(api: ApiStage, chance: random.Random) -> None:
    gone = chance.choice(api.nodes)
    task = api.ask_slow(5, batch_size=NODES, concurrency=NODES, parallel_batches=1)
    api.until(lambda: bool(api.pulling_on(gone)), f"{gone} to pull")

    with api.cluster.without_node(gone):
        api.end_of(task)

        assert outcomes(task) == {"succeeded": NODES - 1, "failed node_gone": 1}
        assert (task.status, task.node_results.get(reason="node_gone").node) == ("partial", gone)
        api.until(lambda: not api.cluster.pods_on(gone), "its pod to be gone")
