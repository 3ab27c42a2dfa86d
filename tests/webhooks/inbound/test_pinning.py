"""A rule that pins says whether nodes got the digest that was pushed, or the tag was moved before they pulled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from prewarm.marks import key_of_mark, mark_of, marks_of
from prewarm.models import Batch, Node, NodeResult, NodeStatus, OwnPull, Task, TaskStatus
from tests.prewarm.rows import cluster_of
from tests.webhooks.inbound.pushes import DIGEST, OTHER, REGISTRY, push, registry_hook, time_passes
from webhooks.inbound.pinning import look_due
from webhooks.models import Gathering

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
REPOSITORY = f"{REGISTRY}/team/app"


def fired(*nodes: str) -> Gathering:
    """A task of a pinned push that has succeeded on these nodes."""
    registry_hook(rule={"pin": True})
    cluster_of(*nodes)
    push()
    time_passes()
    task = Task.objects.get()
    batch = Batch.objects.get(task=task)
    for node in nodes:
        NodeResult.objects.create(task=task, batch=batch, node=node, status=NodeStatus.SUCCEEDED, images=[])
    Task.objects.filter(pk=task.pk).update(status=TaskStatus.SUCCEEDED, finished_at=timezone.now())
    return Gathering.objects.get()


def has(node: str, *digests: str) -> None:
    images = [[1, [f"{REPOSITORY}:1.4", *(f"{REPOSITORY}@{digest}" for digest in digests)]]]
    Node.objects.filter(name=node).update(images=images, marks=marks_of(images))


def looked(gathering: Gathering) -> Gathering:
    Gathering.objects.update(look_at=timezone.now())
    look_due(timezone.now())
    gathering.refresh_from_db()
    return gathering


def test_all_nodes_got_it() -> None:
    gathering = fired("node-1", "node-2")
    has("node-1", DIGEST)
    has("node-2", OTHER, DIGEST)

    assert (looked(gathering).pin, gathering.code) == ("same", "")


def test_a_node_got_something_else() -> None:
    gathering = fired("node-1", "node-2")
    has("node-1", DIGEST)
    has("node-2", OTHER)
    long_over()

    assert (looked(gathering).pin, gathering.code) == ("moved", "digest_moved")
    assert "node-2" in gathering.message and OTHER in gathering.message


def test_a_node_that_has_not_told_is_waited_for_and_is_never_taken_for_the_same(settings: Settings) -> None:
    gathering = fired("node-1", "node-2")
    has("node-1", DIGEST)
    assert looked(gathering).pin == "waiting"

    settings.PIN_SECONDS = 1
    Task.objects.update(finished_at=timezone.now() - timedelta(seconds=2))
    assert looked(gathering).pin == "unknown"
    assert "node-2" in gathering.message


def test_while_the_task_runs_nothing_is_said() -> None:
    gathering = fired("node-1")
    has("node-1", OTHER)
    Task.objects.update(status=TaskStatus.RUNNING, finished_at=None)

    assert looked(gathering).pin == "waiting"


def test_a_rule_that_does_not_pin_looks_at_nothing() -> None:
    registry_hook()
    push()
    time_passes()

    assert Gathering.objects.get().pin == ""


def pulled(node: str, digest: str) -> None:
    """A pull of ours proved this, as the settlement writes it."""
    number = key_of_mark(mark_of(f"{REPOSITORY}:1.4"))
    OwnPull.objects.create(image=number, node=node, node_uid=node, digest=digest, at=timezone.now())


def long_over() -> None:
    """The task ended so long ago that lists would tell of its pulls."""
    Task.objects.update(finished_at=timezone.now() - timedelta(minutes=5))


def test_what_the_pull_proved_counts_though_the_list_still_tells_of_what_was_there_before() -> None:
    gathering = fired("node-1")
    has("node-1", OTHER)
    pulled("node-1", DIGEST)

    assert looked(gathering).pin == "same"


def test_what_the_pull_proved_counts_though_the_node_lists_nothing() -> None:
    gathering = fired("node-1")
    pulled("node-1", OTHER)
    long_over()

    assert (looked(gathering).pin, gathering.code) == ("moved", "digest_moved")


def test_a_list_that_is_older_than_the_pull_does_not_say_that_the_tag_moved() -> None:
    gathering = fired("node-1")
    has("node-1", OTHER)

    assert looked(gathering).pin == "waiting"
    long_over()
    assert looked(gathering).pin == "moved"


def test_a_pull_of_long_ago_or_on_a_node_that_was_made_anew_proves_nothing() -> None:
    gathering = fired("node-1", "node-2")
    pulled("node-1", DIGEST)
    pulled("node-2", DIGEST)
    OwnPull.objects.filter(node="node-1").update(at=timezone.now() - timedelta(days=1))
    Node.objects.filter(name="node-2").update(uid="another")

    assert looked(gathering).pin == "waiting"


def test_a_task_that_made_it_warm_nowhere_leaves_it_unknown_and_says_so() -> None:
    gathering = fired()

    assert looked(gathering).pin == "unknown"
    assert "no node" in gathering.message
