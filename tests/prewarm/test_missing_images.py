"""An image that is surely nowhere to be had fails before anything is pulled; what is not sure fails nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from prewarm import history, stopping
from prewarm.clock import database_now
from prewarm.cluster import Cluster
from prewarm.evidence import stored_names
from prewarm.image_results import read
from prewarm.models import Message, Node, NodeResult, NodeSlot, RegistryCheck, Task
from prewarm.references import parse
from prewarm.registries import kept
from prewarm.registries.checker import checker
from prewarm.registries.finding import CheckOutcome, Finding
from prewarm.retention import prune
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker, take_nodes
from tests.processes import wait_until
from tests.sampler import Sampler
from tests.simulator import Simulated

pytestmark = pytest.mark.databases


@pytest.fixture(autouse=True)
def checked(simulator: Simulated, settings: Settings) -> Iterator[None]:
    settings.REGISTRY_CHECK = True
    yield
    assert checker().rest(60)


def fresh(name: str = "app") -> str:
    return f"{name}/{uuid.uuid4().hex[:10]}:1"


def outcomes(task: Task) -> set[tuple[tuple[str, str], ...]]:
    """The kinds of results, image by image."""
    return {tuple((str(i.outcome), i.reason) for i in read(row.images)) for row in task.node_results.all()}


def put_down(image: str, finding: Finding) -> None:
    kept.write({parse(image): finding}, database_now() + timedelta(seconds=1))


def test_a_task_of_missing_images_only_fails_and_no_pull_job_is_made(worker: Worker, sampler: Sampler) -> None:
    task = worker.finish(asked([fresh("missing"), fresh("missing")]))

    assert (task.status, task.failed, task.desired) == ("failed", 10, 10)
    assert outcomes(task) == {(("failed", "image_not_found"),) * 2}
    assert not sampler.made
    assert task.started_at is None
    said = task.node_results.select_related("message").first()
    assert said and said.message and "was not found at docker.io, which says: manifest unknown" in said.message.text
    assert Message.objects.filter(task=task).count() == 2
    assert any("not in the registry" in event.text for event in task.events.filter(kind="images_missing"))


def test_one_missing_image_of_three_fails_on_each_node_and_the_others_are_pulled(
    worker: Worker,
) -> None:
    images = [fresh(), fresh("missing"), fresh()]

    task = worker.finish(asked(images))

    assert (task.status, task.failed) == ("failed", 10)
    assert outcomes(task) == {(("pulled", ""), ("failed", "image_not_found"), ("pulled", ""))}
    assert {row.reason for row in task.node_results.all()} == {"image_not_found"}
    assert {image.attempt for row in task.node_results.all() for image in read(row.images) if image.index == 1} == {0}


def test_the_reason_can_be_read_as_soon_as_the_task_is_planned(worker: Worker) -> None:
    task = asked([fresh("slow"), fresh("missing")])
    turn = worker.cycles(lambda turn: Task.objects.filter(pk=task.pk).exclude(planned_at=None).exists())

    counts = task.image_counts.values_list("image", "outcome", "reason", "nodes")

    assert list(counts) == [(1, "failed", "image_not_found", 10)]
    turn.hand_back_all()
    worker.finish(task)


def test_an_image_that_is_gone_from_its_registry_but_on_a_node_is_warm_there(
    worker: Worker, simulator: Simulated
) -> None:
    image = fresh()
    first, *others = simulator.node_names()
    worker.finish(asked([image], node_names=[first]))
    wait_until(lambda: lists(first, image), "the node to list the image")
    gone = {"image": f"docker.io/{image}", "mode": "missing"}
    httpx.post(f"{simulator.url}/_sim/images", json=gone).raise_for_status()
    RegistryCheck.objects.all().delete()

    task = worker.finish(asked([image], node_names=[first, others[0]]))

    found = dict(task.node_results.values_list("node", "status"))
    assert found == {first: "succeeded", others[0]: "failed"}


def lists(node: str, image: str) -> bool:
    """Whether the cluster says by now that the node has the image."""
    take_nodes(Cluster(connections=1))
    return parse(image).stored_name in stored_names(Node.objects.get(pk=node).images)


@pytest.mark.parametrize("mode", ["denied", "unavailable", "ratelimit"])
def test_what_a_registry_does_not_say_clearly_is_left_to_the_nodes(worker: Worker, sampler: Sampler, mode: str) -> None:
    task = worker.finish(asked([fresh(mode)], max_attempts=1))

    assert task.failed == 10
    assert sum(sampler.made.values()) == 10


def test_a_secret_may_see_what_nobody_else_does(worker: Worker) -> None:
    """Here the registry wanted a token, so that what it hides from anybody may be there for somebody."""
    image = fresh()
    put_down(image, Finding(CheckOutcome.MISSING, "image_not_found", "nothing there"))

    task = worker.finish(asked([image], pull_secrets=["robot"]))

    assert task.status == "succeeded"


def test_an_image_without_a_variant_for_the_nodes_fails_without_a_pull_job(worker: Worker, sampler: Sampler) -> None:
    task = worker.finish(asked([fresh("platform")]))

    assert task.status == "failed"
    assert outcomes(task) == {(("failed", "wrong_platform"),)}
    assert not sampler.made


def test_a_registry_that_does_not_answer_holds_a_task_up_for_three_seconds_at_most_and_no_other_task(
    worker: Worker,
) -> None:
    silent = asked([fresh("timeout")], max_attempts=1, node_names=["node-001"])
    other = asked([fresh()], node_names=["node-002"])
    put_down(other.images[0], Finding(CheckOutcome.FOUND))

    worker.finish(silent)
    other.refresh_from_db()

    assert other.finished_at and silent.planned_at
    assert other.finished_at < silent.planned_at
    assert outcomes(silent) == {(("failed", "registry_unreachable"),)}


def test_a_task_that_is_cancelled_while_registries_are_asked_ends_at_once(worker: Worker) -> None:
    task = asked([fresh("timeout")])
    turn = worker.cycles(lambda turn: any(held.question for held in turn.held.values()))
    stopping.cancel(task, "test")
    turn.hand_back_all()

    begun = time.monotonic()
    assert worker.finish(task).status == "cancelled"
    assert time.monotonic() - begun < 30
    assert not NodeSlot.objects.exists()


def test_a_worker_that_dies_while_it_plans_leaves_it_to_the_next(
    worker: Worker, short_leases: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh("missing"), fresh()])

    def die(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(history, "tell_planned", die)
    with pytest.raises(SystemExit):
        worker.until(lambda: False)
    monkeypatch.undo()
    assert NodeResult.objects.filter(task=task).exists()

    worker.finish(task)

    assert outcomes(task) == {(("failed", "image_not_found"), ("pulled", ""))}
    assert task.image_counts.get(image=0).nodes == 10


class TestWhatIsKept:
    def test_is_used_by_the_next_task_without_asking_again(self, worker: Worker, simulator: Simulated) -> None:
        image = fresh()
        put_down(image, Finding(CheckOutcome.FOUND, platforms=["linux/s390x"], all_platforms=True))

        task = worker.finish(asked([image]))

        assert outcomes(task) == {(("failed", "wrong_platform"),)}

    def test_that_something_is_missing_is_asked_again_for_a_new_task(self, worker: Worker) -> None:
        """Perhaps it was pushed because of that very word."""
        image = fresh()
        kept.write({parse(image): Finding(CheckOutcome.MISSING, "image_not_found", "gone")}, database_now())

        assert worker.finish(asked([image])).status == "succeeded"

    def test_goes_after_a_day(self, worker: Worker) -> None:
        put_down("old:1", Finding(CheckOutcome.FOUND))
        put_down("new:1", Finding(CheckOutcome.FOUND))
        two_days_ago = timezone.now() - timedelta(days=2)
        RegistryCheck.objects.filter(key=kept.key_of(parse("old:1"))).update(good_until=two_days_ago)

        prune(database_now())

        assert list(RegistryCheck.objects.values_list("reference", flat=True)) == ["docker.io/library/new:1"]


def test_where_the_check_is_off_the_nodes_find_out(worker: Worker, settings: Settings) -> None:
    settings.REGISTRY_CHECK = False

    task = worker.finish(asked([fresh("missing")], node_names=["node-001"]))

    assert outcomes(task) == {(("failed", "image_not_found"),)}
    assert task.started_at is not None
    assert not RegistryCheck.objects.exists()
