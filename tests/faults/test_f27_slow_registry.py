"""F27: the registry is so slow that the task's time runs out. Its pull jobs go, and their places are free again."""

from __future__ import annotations

import random

from prewarm.models import Limit, NodeSlot
from tests.faults.api_stage import ApiStage, outcomes
from tests.fleet.fixtures import NODES


def test_f27_a_task_whose_time_is_over_ends_and_frees_its_places(api: ApiStage, chance: random.Random) -> None:
    quick = chance.sample(api.nodes, 3)
    task = api.ask(images=[api.image("hang")], batch_size=NODES, concurrency=10, timeout_seconds=10)
    warm = api.ask(node_names=quick)
    api.end_of(task, warm)

    assert outcomes(task) == {"failed task_timeout": NODES}
    assert (task.status, task.reason) == ("failed", "task_timeout")
    assert outcomes(warm) == {"succeeded": 3}
    assert not NodeSlot.objects.exists()
    assert Limit.objects.get(name="cluster").used == 0
