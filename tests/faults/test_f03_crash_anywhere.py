"""F3: a worker dies at each named place of the executor. The end is the same as without."""

from __future__ import annotations

import random

import pytest

from tests.faults.closing import assert_in_the_inventory
from tests.faults.stage import NODES, Stage

# Where a worker may die, and how often a small task passes there at least. Steps (a) to (e) are those of design §2.4.
PLACES = {
    "claimed": 2,
    "planning": 1,  # inside the transaction
    "rows_planned": 1,
    "planned": 1,
    "taking_slots": 4,  # (a), inside the transaction
    "slots_taken": 4,  # after (a)
    "creating": NODES,
    "created": NODES,  # after (b), nobody has read the answer
    "uids_stored": 3,
    "settling": 4,  # (c), inside the transaction
    "verdicts_committed": 3,  # after (c)
    "deleted": NODES // 2,  # after (d)
    "slots_given_back": 3,  # after (e)
    "batch_ended": 2,
}


@pytest.mark.each_place
@pytest.mark.parametrize("place", PLACES)
def test_f03_a_worker_that_dies_there_costs_only_time(stage: Stage, place: str, chance: random.Random) -> None:
    first, second = stage.workers
    stage.alone(first, IPS_CRASH_POINT=f"{place}:{chance.randint(1, PLACES[place])}")
    task = stage.ask(batch_size=10, concurrency=5, parallel_batches=2)
    stage.until(first.dies, f"the worker to die at {place}")

    second.thaw()

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)
    assert_in_the_inventory(task)
