"""F33: many cancel a task at once while it comes to its end. It has one end, and no pull that was done is undone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from tests.faults.stage import NODES, Stage

PEOPLE = 4


def test_f33_a_task_that_is_cancelled_while_it_ends_has_one_end(stage: Stage, chance: random.Random) -> None:
    task = stage.ask(batch_size=NODES, concurrency=10)
    enough = chance.randint(1, NODES)
    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")
    before = task.succeeded

    with ThreadPoolExecutor(PEOPLE) as pool:
        url = f"tasks/{task.pk}/cancel/"
        answers = set(pool.map(lambda _: stage.http.post(url).status_code, range(PEOPLE)))

    stage.end_of(task)
    assert answers <= {202, 409}
    assert task.succeeded >= before
    assert task.succeeded + task.cancelled == NODES
    assert task.status == ("cancelled" if task.cancelled else "succeeded")
