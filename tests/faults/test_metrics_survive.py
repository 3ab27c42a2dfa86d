"""Metrics never run backwards and never count twice, whatever is killed."""

from __future__ import annotations

import random

from prometheus_client.parser import text_string_to_metric_families

from prewarm.image_results import read
from prewarm.models import NodeResult
from tests.faults.stage import NODES, Stage


def counters(stage: Stage) -> dict[tuple[str, ...], float]:
    """Every series of ours that may only grow."""
    told = "\n".join(line for line in stage.web("/metrics").text.splitlines() if "ips_" in line)
    return {
        (sample.name, *sorted(f"{name}={value}" for name, value in sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told)
        if family.type in ("counter", "histogram")
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_metrics_are_those_of_the_database_after_kills(stage: Stage, chance: random.Random) -> None:
    before = counters(stage)
    task = stage.ask(batch_size=10, concurrency=5, parallel_batches=2)
    enough = chance.randint(1, NODES // 2)

    stage.until(lambda: stage.done(task) >= enough, "some nodes to be done")
    midway = counters(stage)
    stage.holder_of(task).kill()
    stage.parts["web"].kill()
    stage.until(stage.ready, "the web process to be back")
    after_kill = counters(stage)
    stage.end_of(task)
    after = counters(stage)

    for earlier, later in ((before, midway), (midway, after_kill), (after_kill, after)):
        assert {series: value for series, value in earlier.items() if later.get(series, 0) < value} == {}
    grown = {series: value - before.get(series, 0) for series, value in after.items() if "ips_pulls_total" in series}
    ended = [image for row in NodeResult.objects.filter(task=task) for image in read(row.images)]
    assert sum(grown.values()) == len(ended) == task.desired
    assert grown["ips_pulls_total", "reason=", "registry=docker.io", "result=pulled"] == sum(
        image.outcome == "pulled" for image in ended
    )
    finished = ("ips_tasks_finished_total", f"result={task.status}", "trigger=request")
    assert after[finished] - before.get(finished, 0) == 1
    assert after["ips_lease_takeovers_total",] > before["ips_lease_takeovers_total",]
