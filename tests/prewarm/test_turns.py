"""What a worker makes of a task, turn by turn, on a simulated cluster of ten nodes."""

from __future__ import annotations

import time
import uuid

import httpx
import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from prewarm import stopping, submit
from prewarm.marks import marks_of
from prewarm.models import ImageCount, Limit, Node, NodeAttempt, NodeResult, NodeSlot, NodeView, Task
from prewarm.node_results import node_results
from tests.prewarm.rows import asked, cap
from tests.prewarm.simulated import Worker
from tests.processes import wait_until
from tests.sampler import Sampler, pulled
from tests.simulator import Simulated

pytestmark = pytest.mark.databases


def fresh(name: str = "app") -> str:
    """An image that no node has yet."""
    return f"{name}/{uuid.uuid4().hex[:10]}:1"


def listing(image: str) -> dict[str, object]:
    """What a node's row says when its kubelet lists this image and no other."""
    images = [[100, [f"docker.io/{image}"]]]
    return {"images": images, "marks": marks_of(images)}


def statuses(task: Task) -> set[str]:
    return set(task.node_results.values_list("status", flat=True))


def reasons(task: Task) -> set[str]:
    return set(task.node_results.values_list("reason", flat=True))


def heard_pulled(worker: Worker, simulator: Simulated) -> int:
    """How many of the pods that are there have their image by the worker's own watch."""
    seen = [worker.runtime.stream.look(pod["metadata"]["name"]) for pod in simulator.pods()]
    return sum(1 for pod in seen if pod and pulled({"status": pod.status}))


def test_an_image_becomes_warm_on_all_nodes(worker: Worker, simulator: Simulated, sampler: Sampler) -> None:
    task = worker.finish(asked([fresh()]))

    assert (task.status, task.succeeded, task.desired) == ("succeeded", 10, 10)
    assert sampler.made == dict.fromkeys(simulator.node_names(), 1)
    assert NodeSlot.objects.count() == 0
    assert [event.kind for event in task.events.all()] == ["created", "planned", "started", "finished"]


def test_nothing_is_left_in_the_cluster(worker: Worker, simulator: Simulated) -> None:
    worker.finish(asked([fresh()]))

    worker.until(lambda: not simulator.pods())


def test_what_is_judged_in_a_turns_last_moment_is_taken_away_by_it(
    worker: Worker, simulator: Simulated, settings: Settings
) -> None:
    task = asked([fresh()], concurrency=10, batch_size=10)
    turn = worker.cycles(lambda turn: worker.runtime.sender.under_way == 0 and len(list(turn.pulls())) == 10)
    wait_until(lambda: heard_pulled(worker, simulator) == 10, "the worker to hear that all ten are pulled")

    settings.TURN_SECONDS = 0
    turn.run()

    task.refresh_from_db()
    assert task.succeeded == 10
    wait_until(lambda: not simulator.pods(), "the pull jobs to be gone, which nobody else looks after")


def test_a_result_tells_how_long_and_how_big(worker: Worker) -> None:
    task = worker.finish(asked([fresh()], concurrency=1, batch_size=1))

    known = [entry["images"][0] for entry in node_results(task, task.node_results.select_related("batch"))]
    assert any(image["seconds"] is not None and image["bytes"] for image in known)


def test_never_more_pulls_at_once_than_the_task_allows(worker: Worker, sampler: Sampler) -> None:
    worker.finish(asked([fresh()], concurrency=2, batch_size=3))

    assert 1 <= sampler.peaks()["cluster"] <= 2


def test_parallel_batches_multiply_what_may_run(worker: Worker, sampler: Sampler) -> None:
    worker.finish(asked([fresh("slow")], concurrency=1, batch_size=2, parallel_batches=3))

    assert sampler.peaks()["cluster"] <= 3


def test_never_more_pulls_than_a_registry_may_bear(worker: Worker, sampler: Sampler) -> None:
    cap("host:registry.example.com", 2)

    task = worker.finish(asked([f"registry.example.com/{fresh()}"], concurrency=10))

    assert task.status == "succeeded"
    assert sampler.peaks()["cluster"] <= 2


def test_never_two_pull_jobs_on_one_node(worker: Worker, simulator: Simulated, sampler: Sampler) -> None:
    image = fresh("slow")
    first, second = asked([image], concurrency=10), asked([image], concurrency=10)

    worker.finish(first)
    worker.finish(second)

    peaks = sampler.peaks()
    assert {peaks[f"node:{node}"] for node in simulator.node_names()} == {1}
    assert (first.status, second.status) == ("succeeded", "succeeded")


def test_of_two_tasks_on_one_node_the_second_waits_and_finds_the_image_there(
    worker: Worker, simulator: Simulated, sampler: Sampler
) -> None:
    image, node = fresh("slow"), simulator.node_names()[0]
    first, second = asked([image], node_names=[node]), asked([image], node_names=[node])

    worker.finish(first)
    worker.finish(second)

    outcomes = {ImageCount.objects.get(task=task).outcome for task in (first, second)}
    assert outcomes == {"pulled", "already_present"}
    assert sampler.peaks()[f"node:{node}"] == 1


def test_a_missing_image_fails_at_once_with_its_reason(worker: Worker, sampler: Sampler) -> None:
    task = worker.finish(asked([fresh("missing")]))

    assert (task.status, reasons(task)) == ("failed", {"image_not_found"})
    assert set(sampler.made.values()) == {1}
    shown = node_results(task, task.node_results.select_related("batch"))[0]
    assert "not found" in shown["message"]
    assert "tag" in shown["hint"]


def test_the_other_images_of_a_failed_node_are_told_apart(worker: Worker) -> None:
    good, bad = fresh(), fresh("missing")

    task = worker.finish(asked([good, bad]))

    assert task.status == "failed"
    counts = ImageCount.objects.filter(task=task).order_by("image")
    assert [(row.outcome, row.reason, row.nodes) for row in counts] == [
        ("pulled", "", 10),
        ("failed", "image_not_found", 10),
    ]


def test_a_passing_failure_is_tried_again_with_a_new_pull_job(worker: Worker, sampler: Sampler) -> None:
    task = worker.finish(asked([fresh("flaky")], retry_backoff_seconds=0))

    assert task.status == "succeeded"
    assert NodeAttempt.objects.filter(node_result__task=task).count() == 10
    assert set(sampler.made.values()) == {2}


def test_a_passing_failure_ends_after_the_attempts_allowed(worker: Worker) -> None:
    task = worker.finish(asked([fresh("unavailable")], max_attempts=2, retry_backoff_seconds=0))

    assert task.status == "failed"
    assert reasons(task) == {"registry_unreachable"}
    assert set(task.node_results.values_list("attempt", flat=True)) == {2}


def test_what_a_node_has_already_needs_no_pull_job(worker: Worker, sampler: Sampler) -> None:
    names = list(Node.objects.values_list("name", flat=True))
    image = fresh()
    Node.objects.filter(name=names[0]).update(**listing(image))

    task = worker.finish(asked([image]))

    assert task.status == "succeeded"
    assert names[0] not in sampler.made
    assert ImageCount.objects.get(task=task, outcome="already_present").nodes == 1


def test_nodes_that_have_everything_already_wait_for_no_place(worker: Worker) -> None:
    image = fresh()
    Node.objects.update(**listing(image))
    task = asked([image], concurrency=1)

    worker.cycles(lambda turn: task.node_results.filter(status="succeeded").exists())

    assert statuses(task) == {"succeeded"}


def test_between_two_beats_a_turn_asks_the_database_nothing(
    worker: Worker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    task = asked([fresh("hang")])
    turn = worker.cycles(lambda turn: NodeSlot.objects.exclude(uid="").count() == 5)
    turn.renewed = turn.nodes_seen = time.monotonic()

    with django_assert_num_queries(0):
        turn.cycle(beat=False)

    turn.hand_back_all()
    stopping.cancel(task, "test")
    worker.finish(task)


def test_always_pulls_even_what_is_there(worker: Worker, sampler: Sampler) -> None:
    image = fresh()
    Node.objects.update(**listing(image))

    worker.finish(asked([image], pull_policy="Always"))

    assert len(sampler.made) == 10


def test_more_than_twenty_images_go_in_parts(worker: Worker, sampler: Sampler, simulator: Simulated) -> None:
    node = simulator.node_names()[0]

    task = worker.finish(asked([fresh() for _ in range(45)], node_names=[node]))

    assert task.status == "succeeded"
    assert sampler.made[node] == 3
    assert sampler.peaks()[f"node:{node}"] == 1


def test_jobs_do_the_same_as_pods(worker: Worker, simulator: Simulated) -> None:
    task = worker.finish(asked([fresh(), fresh("missing")], puller="job"))

    counts = {(row.outcome, row.nodes) for row in ImageCount.objects.filter(task=task)}
    assert counts == {("pulled", 10), ("failed", 10)}
    worker.until(lambda: not simulator.pods() and not simulator.jobs())


def test_the_helper_image_leaves_the_verdict_in_the_pod(worker: Worker, settings: Settings) -> None:
    settings.HELPER_IMAGE = "ips/noop:1"

    task = worker.finish(asked([fresh(), fresh("missing")]))

    assert {(row.outcome, row.nodes) for row in ImageCount.objects.filter(task=task)} == {
        ("pulled", 10),
        ("failed", 10),
    }


def test_a_helper_that_cannot_be_pulled_says_so(worker: Worker, settings: Settings) -> None:
    settings.HELPER_IMAGE = fresh("missing")

    task = worker.finish(asked([fresh()], max_attempts=1))

    assert reasons(task) == {"helper_image_failed"}


def test_a_selector_that_matches_nothing_fails_with_no_nodes(worker: Worker) -> None:
    task = worker.finish(asked(node_selector="no=such"))

    assert (task.status, task.reason, task.desired) == ("failed", "no_nodes", 0)


@pytest.mark.parametrize("hard_size", ["MAX_NODES", "MAX_PAIRS"])
def test_a_task_for_which_the_cluster_has_grown_too_big_pulls_nowhere(
    worker: Worker, settings: Settings, sampler: Sampler, hard_size: str
) -> None:
    task = asked([fresh()])
    setattr(settings, hard_size, 9)

    worker.finish(task)

    assert (task.status, task.reason, task.desired) == ("failed", "too_big", 0)
    assert not sampler.made


def test_nodes_that_cannot_pull_are_skipped_before_anything_is_made(worker: Worker, sampler: Sampler) -> None:
    names = list(Node.objects.values_list("name", flat=True))
    Node.objects.filter(name=names[0]).update(ready=False)
    Node.objects.filter(name=names[1]).update(unschedulable=True)
    Node.objects.filter(name=names[2]).update(os="windows")

    task = worker.finish(asked([fresh()]))

    assert (task.status, task.succeeded, task.skipped) == ("partial", 7, 3)
    assert sampler.made.keys().isdisjoint(names[:3])
    assert reasons(task) == {"", "node_unready", "node_cordoned", "wrong_os"}


def test_a_node_that_became_unready_after_planning_is_skipped_at_dispatch(worker: Worker) -> None:
    task = asked([fresh("slow")], concurrency=1, batch_size=10)
    worker.cycles(lambda turn: NodeSlot.objects.exists())
    waiting = task.node_results.filter(status="pending").last()
    assert waiting is not None
    Node.objects.filter(name=waiting.node).update(ready=False)

    worker.runtime.stop()
    from tests.prewarm.simulated import expire_leases

    expire_leases()
    Worker().finish(task)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("skipped", "node_unready")


def test_an_image_without_a_variant_for_a_platform_is_asked_for_there_only_once(
    worker: Worker, sampler: Sampler, simulator: Simulated
) -> None:
    *arm, last = simulator.node_names()
    Node.objects.filter(name__in=arm).update(arch="arm64")
    image = fresh("platform")

    task = worker.finish(asked([image], concurrency=1, batch_size=1))

    assert (task.failed, reasons(task)) == (10, {"wrong_platform"})
    assert len(sampler.made) == 2
    assert last in sampler.made
    (first,) = sampler.made.keys() - {last}
    told = {row["node"]: row["message"] for row in node_results(task, task.node_results.select_related("batch"))}
    assert {text for node, text in told.items() if node not in (first, last)} == {
        f"There is no variant for linux/arm64: {first} found none."
    }


def test_planning_waits_while_the_nodes_are_not_known(worker: Worker) -> None:
    from prewarm.turn import Turn

    NodeView.objects.update(complete_at=None)
    task = asked()

    Turn(worker.runtime).run()

    task.refresh_from_db()
    assert (task.status, task.waiting_reason) == ("pending", "node_view_stale")


def test_a_cancelled_task_leaves_no_pull_job(worker: Worker, simulator: Simulated) -> None:
    task = asked([fresh("hang")], concurrency=4)
    worker.cycles(lambda turn: len(simulator.pods()) == 4)

    stopping.cancel(task, "test")
    from tests.prewarm.simulated import expire_leases

    expire_leases()
    other = Worker()
    other.finish(task)

    assert (task.status, task.cancelled) == ("cancelled", 10)
    other.until(lambda: not simulator.pods())
    assert Limit.objects.get(name="cluster").used == 0


def test_a_task_cancelled_before_it_was_planned_ends_cancelled(worker: Worker) -> None:
    task = asked()
    stopping.cancel(task, "test")

    worker.finish(task)

    assert task.status == "cancelled"


def test_what_was_pulled_stays_pulled_in_a_cancelled_task(worker: Worker) -> None:
    task = asked([fresh()], concurrency=1, batch_size=1)
    worker.until(lambda: task.node_results.filter(status="succeeded").exists())
    task.refresh_from_db()
    if not task.finished:
        stopping.cancel(task, "test")

    worker.finish(task)

    assert task.succeeded >= 1
    assert task.succeeded + task.cancelled == 10


def test_a_paused_task_starts_nothing_and_goes_on_later(worker: Worker, sampler: Sampler) -> None:
    from prewarm.turn import Turn

    task = asked([fresh()])
    stopping.pause(task, "test")
    turn = Turn(worker.runtime)
    for _ in range(5):
        turn.claim()
        turn.cycle()
    turn.hand_back_all()
    assert not sampler.made

    stopping.resume(task, "test")
    worker.finish(task)

    assert task.status == "succeeded"


def test_too_many_failures_stop_the_task(worker: Worker, sampler: Sampler) -> None:
    task = worker.finish(asked([fresh("missing")], failure_limit="2", concurrency=1, batch_size=1))

    assert task.failed >= 2
    assert task.cancelled == 10 - task.failed >= 1
    assert (task.status, task.reason) == ("failed", "failure_limit")
    assert len(sampler.made) == task.failed


def test_a_task_out_of_time_ends(worker: Worker, simulator: Simulated) -> None:
    task = asked([fresh("hang")], concurrency=10)
    Task.objects.filter(pk=task.pk).update(timeout_seconds=1, timeout_by_estimate=False)

    worker.finish(task)

    assert (task.status, task.failed, reasons(task)) == ("failed", 10, {"task_timeout"})
    worker.until(lambda: not simulator.pods())


def test_a_retry_pulls_only_what_failed(worker: Worker, sampler: Sampler) -> None:
    good, bad = fresh(), fresh("missing")
    task = worker.finish(asked([good, bad]))

    again = submit.retry(task, user=None, actor="test", request_id="")
    worker.finish(again)

    result = NodeResult.objects.filter(task=again).first()
    assert result is not None
    assert [entry[0] for entry in result.images] == [1]
    assert again.desired == 10


def test_a_retry_of_a_task_that_is_gone_pulls_nowhere_and_ends(worker: Worker, sampler: Sampler) -> None:
    task = worker.finish(asked(["quay.io/missing/app:1"], failure_limit="1", concurrency=1))
    again = submit.retry(task, user=None, actor="test", request_id="")
    task.delete()

    worker.finish(again)

    assert (again.status, again.reason, again.desired) == ("failed", "no_nodes", 0)
    assert len(sampler.made) == 1


def test_a_pull_job_that_somebody_deletes_is_made_again(worker: Worker, simulator: Simulated, sampler: Sampler) -> None:
    node = simulator.node_names()[0]
    simulator.change_node(node, fault="slow")  # so slow that the pod is deleted in mid-pull on any machine
    task = asked([fresh("slow")], node_names=[node], retry_backoff_seconds=0)
    turn = worker.cycles(lambda turn: NodeSlot.objects.exclude(uid="").exists())
    name = simulator.pods()[0]["metadata"]["name"]
    httpx.delete(f"{simulator.url}/api/v1/namespaces/ips-pull/pods/{name}").raise_for_status()
    simulator.change_node(node, fault="")
    turn.hand_back_all()

    worker.finish(task)

    assert task.status == "succeeded"
    assert NodeAttempt.objects.get(node_result__task=task).reason == "deleted_externally"
    assert list(sampler.made.values()) == [2]


def test_a_strangers_object_of_our_name_is_left_alone(worker: Worker, simulator: Simulated) -> None:
    from prewarm.names import pull_job_name

    node = simulator.node_names()[0]
    task = asked([fresh()], node_names=[node])
    name = pull_job_name(worker.runtime.installation, str(task.pk), node, 1, 0)
    stranger = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ips-pull"},
        "spec": _restricted_pod(),
    }
    httpx.post(f"{simulator.url}/api/v1/namespaces/ips-pull/pods", json=stranger).raise_for_status()

    worker.finish(task)

    assert reasons(task) == {"name_conflict"}
    assert [pod["metadata"]["name"] for pod in simulator.pods()] == [name]
    httpx.delete(f"{simulator.url}/api/v1/namespaces/ips-pull/pods/{name}")


def _restricted_pod() -> dict[str, object]:
    from prewarm.manifests import _CONTAINER_SECURITY

    return {
        "containers": [{"name": "c", "image": "busybox:1", "securityContext": _CONTAINER_SECURITY}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "serviceAccountName": "default",
        "nodeName": "nowhere",
    }
