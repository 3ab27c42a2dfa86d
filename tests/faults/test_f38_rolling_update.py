"""F38: in the middle of an update old and new processes share one database, whose tables are the new ones."""

from __future__ import annotations

import random

import httpx
import pytest

from tests.faults.part import Part
from tests.faults.stage import NODES
from tests.faults.updating import UpdatingStage

pytestmark = pytest.mark.timeout(300)  # the first one starts two versions of everything


def test_f38_a_task_goes_on_while_the_tables_are_changed_under_its_workers(updating_stage: UpdatingStage) -> None:
    task = updating_stage.asked_before

    assert (task.status, task.succeeded) == ("succeeded", NODES)


def test_f38_workers_of_both_versions_take_over_from_each_other(
    updating_stage: UpdatingStage, chance: random.Random
) -> None:
    stage = updating_stage
    old, new = stage.workers
    webs = chance.sample([stage.old_http, stage.http], 2)

    kill_one(stage, webs[0], old, new, chance.randint(1, 10))
    kill_one(stage, webs[1], new, old, chance.randint(1, 10))


def kill_one(stage: UpdatingStage, web: httpx.Client, dies: Part, inherits: Part, enough: int) -> None:
    """The task that one version's worker holds is brought to its end by the other's."""
    with stage.only(dies):
        task = stage.ask_by(web, batch_size=NODES, concurrency=8)
        stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")
        assert stage.holder_of(task) is dies
    dies.wanted = False
    dies.kill()

    stage.until(lambda: stage.holder_of(task) is inherits, f"{inherits.name} to take over from {dies.name}")
    stage.end_of(task)
    stage.read_logs()

    assert (task.status, task.succeeded) == ("succeeded", NODES)
    dies.start()
    stage.make_whole()
