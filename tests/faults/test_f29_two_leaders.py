"""F29: a leader stops for longer than its lease and wakes up beside its successor. It does no harm."""

from __future__ import annotations

import random

from prewarm.models import Node, NodeView
from tests.faults.part import Part
from tests.faults.stage import NODES, Stage


def test_f29_a_watcher_that_wakes_up_late_writes_nothing_old(stage: Stage, chance: random.Random) -> None:
    first = stage.parts["watcher"]
    node = stage.cluster.node_names()[0]
    first.end()
    first.start(IPS_CRASH_POINT="writing_nodes:2:stop")
    stage.until(lambda: leads(first) and NodeView.load().complete_at is not None, "the first watcher to lead")
    stage.cordon(node)
    stage.until(first.freezes, "the first watcher to stop in the middle of writing")

    with stage.also("watcher-2", "runwatcher") as second:
        stage.until(lambda: leads(second), "the second watcher to lead")
        stage.cordon(node, on=False)
        stage.until(lambda: not Node.objects.get(pk=node).unschedulable, "the second watcher to see it")
        first.thaw()
        task = stage.ask(batch_size=NODES, concurrency=chance.randint(5, 20))
        stage.end_of(task)

        assert leads(second)
        assert not Node.objects.get(pk=node).unschedulable
        assert (task.status, task.succeeded) == ("succeeded", NODES)


def test_f29_a_scheduler_that_stops_leaves_the_tick_to_the_other(stage: Stage, chance: random.Random) -> None:
    with stage.also("scheduler-2", "runscheduler") as second:
        task = stage.ask(batch_size=2, concurrency=1, parallel_batches=10)
        stage.for_a_while(chance.uniform(0, 1))
        stage.parts["scheduler"].freeze()
        stage.holder_of(task).kill()

        stage.end_of(task)
        stage.parts["scheduler"].thaw()
        late = stage.ask(batch_size=10, concurrency=10)
        second.kill()
        stage.end_of(late)

    assert [(one.status, one.succeeded) for one in (task, late)] == [("succeeded", NODES)] * 2


def leads(watcher: Part) -> bool:
    return f":{watcher.pid}:" in NodeView.load().holder
