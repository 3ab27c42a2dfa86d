"""A pull that takes much longer than a turn, a lease or a watch is one pull job to its end."""

from __future__ import annotations

import uuid

from tests.faults.stage import Stage


def test_a_pull_that_lasts_many_turns_is_made_once(stage: Stage) -> None:
    """About 4 to 12 s, with turns of one second."""
    with stage.every_worker(IPS_TURN_SECONDS="1"):
        nodes = stage.cluster.node_names()[:10]
        task = stage.ask(images=[f"slow/{uuid.uuid4().hex}:1"], node_names=nodes, batch_size=10, concurrency=10)
        stage.end_of(task)

    assert (task.status, task.succeeded) == ("succeeded", 10)
    assert set(task.node_results.values_list("attempt", flat=True)) == {1}
