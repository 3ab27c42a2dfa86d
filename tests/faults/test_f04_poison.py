"""F4: a task that kills every worker that touches it comes to an end, and takes nobody with it."""

from __future__ import annotations

import random
import uuid

import pytest

from tests.faults.stage import NODES, Stage
from tests.prewarm.rows import asked

# So short that five lost leases fit into a test.
LEASES = {"IPS_LEASE_SECONDS": "1.6", "IPS_LEASE_RENEW_SECONDS": "0.4", "IPS_LEASE_MARGIN_SECONDS": "0.4"}


@pytest.mark.each_place  # it takes a while to lose five workers
def test_f04_a_task_that_kills_its_workers_fails_and_the_others_go_on(stage: Stage, chance: random.Random) -> None:
    poison = f"poison/{uuid.uuid4().hex}:1"
    with stage.every_worker(IPS_CRASH_POINT="creating:1:die:poison", **LEASES):
        bad = asked([poison], node_names=stage.cluster.node_names()[:3], batch_size=3)
        good = asked([f"faults/{uuid.uuid4().hex}:1"], tenant="neighbours", concurrency=chance.randint(5, 20))

        stage.end_of(bad, good)

    assert (good.status, good.succeeded) == ("succeeded", NODES)
    assert (bad.status, bad.failed) == ("failed", 3)
    assert set(bad.node_results.values_list("reason", flat=True)) == {"worker_lost"}
