"""F24: a node stops being fit for pulls between the planning of a task and its turn."""

from __future__ import annotations

import random

from prewarm.models import Node
from tests.faults.api_stage import ApiStage, outcomes
from tests.fleet.fixtures import NODES

LEAVING = {"key": "ToBeDeletedByClusterAutoscaler", "value": "1732572000", "effect": "NoSchedule"}


def test_f24_nodes_that_became_unfit_are_skipped_before_anything_is_made_there(
    api: ApiStage, chance: random.Random
) -> None:
    first, *others = api.nodes
    cordoned, leaving, full, windows = chance.sample(others, 4)
    task = api.ask_slow(4, first_wave=1, batch_size=NODES, concurrency=NODES, parallel_batches=1)
    api.until(lambda: bool(api.pulling_on(first)), "the first wave to run")
    assert task.node_results.filter(status="pending").count() == NODES - 1

    cluster = api.cluster
    with (
        cluster.node_with(cordoned, {"unschedulable": True}, {"unschedulable": None}),
        cluster.node_with(leaving, {"taints": [LEAVING]}, {"taints": cluster.taints(leaving)}),
        cluster.node_of_another_system(windows),
    ):
        api.fleet.fault(full, "diskpressure")
        api.until(lambda: all(unfit(node) for node in (cordoned, leaving, full, windows)), "IPS to see it")
        api.end_of(task)

    reasons = dict(task.node_results.filter(status="skipped").values_list("node", "reason"))
    assert reasons == {
        cordoned: "node_cordoned",
        leaving: "node_leaving",
        full: "no_disk_headroom",
        windows: "wrong_os",
    }
    assert outcomes(task)["succeeded"] == NODES - 4
    assert api.seen.made.keys().isdisjoint(reasons)


def unfit(name: str) -> bool:
    node = Node.objects.get(pk=name)
    return node.unschedulable or node.disk_pressure or node.os != "linux" or LEAVING["key"] in str(node.taints)
