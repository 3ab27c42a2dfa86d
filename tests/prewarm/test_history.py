"""A task's events say what happened, where and why, in words that an operator understands."""

from __future__ import annotations

import pytest
from django.utils import timezone

from prewarm import history, progress, stopping
from prewarm.conclude import Conclusion
from prewarm.image_results import ImageResult, Outcome, read
from prewarm.models import NodeResult, NodeStatus, Task
from tests.prewarm.results import end, happened, message_of, running
from tests.prewarm.rows import asked, cluster_of
from tests.prewarm.simulated import Worker, expire_leases
from tests.prewarm.test_turns import fresh
from tests.simulator import Simulated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
RUNTIME = "failed to resolve image: not found"


def told(task: Task, kind: str = "") -> list[str]:
    events = task.events.filter(kind=kind) if kind else task.events.all()
    return [event.text for event in events]


def tell(task: Task, *conclusions: Conclusion) -> None:
    locked = progress.lock(task.pk)
    assert locked is not None
    history.tell_results(locked, conclusions, timezone.now())


def failure(task: Task, node: str, *reasons: str, **values: object) -> Conclusion:
    """What a settlement concludes for a node whose images ended like this; "" is pulled."""
    row = happened(task, node, "pulling")
    said = message_of(task, RUNTIME)
    images = [
        ImageResult(n, Outcome.FAILED if reason else Outcome.PULLED, reason, message_id=said.pk if said else None)
        for n, reason in enumerate(reasons)
    ]
    return Conclusion(row, **{"status": NodeStatus.FAILED, "images": images, "reason": max(reasons), **values})


@pytest.mark.parametrize(
    ("images", "nodes", "text"),
    [
        (["nginx:1.27"], {"all_nodes": True}, "test asked for nginx:1.27 on all nodes."),
        (["a:1", "b:1"], {"node_selector": "pool=gpu"}, "test asked for 2 images on the nodes with pool=gpu."),
        (["a:1"], {"node_names": ["n1", "n2"]}, "test asked for a:1 on n1 and n2."),
    ],
)
def test_who_asked_for_what_is_the_first_line(images: list[str], nodes: dict[str, object], text: str) -> None:
    assert told(asked(images, **nodes)) == [text]


def test_the_plan_says_how_many_nodes_in_how_many_batches_and_why_some_are_skipped(worker: Worker) -> None:
    cluster_of("cordoned", unschedulable=True)
    cluster_of("away-1", "away-2", ready=False)

    task = worker.finish(asked([fresh()], batch_size=4))

    assert told(task, "planned") == [
        "13 nodes chosen: 10 to pull on, in 3 batches; 3 skipped (2 node not ready, 1 node cordoned)."
    ]


def test_nodes_that_fail_alike_share_a_line_and_the_runtime_is_quoted_once() -> None:
    task = running(asked(["missing/image:none"]))

    tell(task, *(failure(task, f"n{n}", "image_not_found") for n in range(6)))
    tell(task, failure(task, "n9", "image_not_found"))

    assert told(task, "nodes_failed") == [
        f"Failed on n0, n1, n2 and 3 more: image not found (missing/image:none). The runtime says: {RUNTIME}",
        "Failed on n9: image not found (missing/image:none).",
    ]
    assert task.events.filter(kind="nodes_failed").first().data["nodes"] == [f"n{n}" for n in range(6)]  # type: ignore[union-attr]


def test_only_the_images_that_failed_are_named() -> None:
    task = running(asked(["good:1", "missing:1", "also-good:1"]))

    tell(task, failure(task, "n1", "", "image_not_found", ""))

    assert told(task, "nodes_failed")[0].startswith("Failed on n1: image not found (missing:1).")


def test_another_attempt_is_told_with_its_number_and_cause() -> None:
    task = running(asked(["flaky:1"]))
    again = failure(task, "n1", "registry_unreachable", status=NodeStatus.PENDING, attempt=2, closed_attempt=True)

    tell(task, again)

    assert told(task, "nodes_retried") == [
        "Will try again (attempt 2 of 3) on n1: registry not reached (flaky:1). The runtime says: " + RUNTIME
    ]


def test_a_flaky_registry_leaves_its_trace(worker: Worker, simulator: Simulated) -> None:
    task = worker.finish(asked([fresh("flaky")], node_names=simulator.node_names()[:1], retry_backoff_seconds=1))

    kinds = [event.kind for event in task.events.all()]
    assert kinds == ["created", "planned", "started", "nodes_retried", "finished"]


def test_a_takeover_from_a_dead_worker_is_told(worker: Worker, simulator: Simulated) -> None:
    task = asked([fresh("slow")], node_names=simulator.node_names()[:1])
    worker.cycles(lambda turn: len(simulator.pods()) == 1)
    expire_leases()

    other = Worker()
    other.finish(task)

    assert told(task, "taken_over") == ["The worker that held batch 1 was lost; another goes on with it."]
    other.runtime.stop()


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        (["succeeded", "succeeded"], "The task succeeded: all 2 nodes are warm."),
        (["succeeded"], "The task succeeded: the node is warm."),
        (["succeeded", "failed", "skipped"], "The task is partly done: of 3 nodes 1 succeeded, 1 failed, 1 skipped."),
        (["failed"], "The task failed: of 1 node 1 failed."),
        (["failed", "failed"], "The task failed: all 2 nodes failed."),
        ([], "The task failed: the cluster has no node that matches what was asked for."),
    ],
)
def test_the_end_says_how_many_nodes_are_warm(statuses: list[str], text: str) -> None:
    task = running(asked())
    for number, status in enumerate(statuses):
        happened(task, f"n{number}", status)
    end(task)

    history.tell_finished(task, timezone.now())

    assert told(task, "finished") == [text]


def test_who_stopped_it_and_what_that_means_is_told() -> None:
    task = asked()

    stopping.pause(task, "otto")
    stopping.cancel(task, "ada")

    assert told(task)[1:] == [
        "otto paused the task: pulls under way go on to their end, nothing more starts.",
        "ada cancelled the task: pulls under way are ended, nothing more starts.",
    ]


def test_no_line_has_a_reason_code_in_it(worker: Worker, simulator: Simulated) -> None:
    task = worker.finish(asked([fresh("missing"), fresh("denied")], max_attempts=1))

    assert {image.reason for row in NodeResult.objects.filter(task=task) for image in read(row.images)} == {
        "image_not_found",
        "unauthorized",
    }
    assert not [
        text for text in told(task) if "image_not_found" in text or "unauthorized" in text.partition("says:")[0]
    ]
