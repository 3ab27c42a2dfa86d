"""A task says what it waits for, since when, and because of whom."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from prewarm import limits, stopping
from prewarm.models import Batch, NodeSlot, Task
from prewarm.waiting import Wait, in_words, waits_for
from tests.prewarm.results import happened, running
from tests.prewarm.rows import asked, cap, open_batch

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def task() -> Task:
    """Planned, one of its batches open and held by a worker."""
    return held(running(asked(name="the one that waits")))


def held(task: Task) -> Task:
    task.batches.all().delete()
    open_batch(task)
    task.batches.update(holder="worker", lease_until=timezone.now() + timedelta(seconds=20))
    return task


def pull_job(task: Task, node: str, *hosts: str) -> None:
    """A pull job of this task is on this node."""
    result = happened(task, node, "pulling")
    NodeSlot.objects.create(
        node=node,
        node_result=result,
        batch=task.batches.get(),
        attempt=1,
        part=0,
        tenant_id=task.tenant_id,
        hosts=list(hosts),
        images=[0],
        pull_job=f"ips-{node}",
        taken_at=timezone.now(),
    )


def write_waiting(task: Task, code: str, since: datetime) -> None:
    Task.objects.filter(pk=task.pk).update(waiting_reason=code, waiting_since=since)


def waiting(task: Task) -> Wait:
    task.refresh_from_db()
    wait = waits_for(task)
    assert wait is not None
    return wait


def test_what_goes_well_waits_for_nothing(task: Task) -> None:
    assert waits_for(task) is None


def test_a_limit_is_told_with_its_figures_and_who_fills_it(task: Task) -> None:
    other = held(running(asked(name="the one before", node_names=["n1"])))
    for node in ("n1", "n2"):
        pull_job(other, node, "docker.io")
    pull_job(other, "n3", "quay.io")
    limits.read(["host:docker.io"])
    cap("host:docker.io", 2)
    limits.take({"host:docker.io": 2}, {})
    since = timezone.now() - timedelta(seconds=25)
    write_waiting(task, "host:docker.io", since)

    wait = waiting(task)

    assert wait["text"] == "room at the registry docker.io (2 of 2 pull jobs run)"
    assert wait["since"] == since
    assert wait["held_by"] == [{"task": str(other.pk), "title": "the one before", "pull_jobs": 2}]


def test_busy_nodes_are_told_with_the_task_that_pulls_there(task: Task) -> None:
    other = held(running(asked(name="the one before")))
    pull_job(other, "n1")
    pull_job(other, "n2")
    happened(task, "n1", "pending")
    write_waiting(task, "node_busy", timezone.now())

    assert [(who["title"], who["pull_jobs"]) for who in waiting(task)["held_by"]] == [("the one before", 1)]


def test_another_tenants_task_is_told_to_platform_administrators_only(task: Task) -> None:
    theirs = held(running(asked(name="none of your business", tenant="rivals")))
    pull_job(theirs, "n1")
    write_waiting(task, "cluster", timezone.now())
    task.refresh_from_db()

    told, told_all = waits_for(task), waits_for(task, across_tenants=True)

    assert told is not None and told["held_by"] == []
    assert told_all is not None and [who["title"] for who in told_all["held_by"]] == ["none of your business"]


def test_a_paused_task_waits_for_somebody_since_it_was_paused(task: Task) -> None:
    paused = stopping.pause(task, "otto")

    wait = waiting(task)

    assert (wait["reason"], wait["since"]) == ("paused", paused.paused_at)


def test_what_nobody_takes_up_waits_for_a_worker_and_says_how_to_look(task: Task) -> None:
    due = timezone.now() - timedelta(seconds=40)
    task.batches.update(holder="", lease_until=None, due_at=due)

    wait = waiting(task)

    assert (wait["reason"], wait["since"]) == ("no_worker", due)
    assert "manage.py doctor" in wait["text"]


def test_what_a_dead_worker_held_waits_for_another_since_its_lease_ran_out(task: Task) -> None:
    over = timezone.now() - timedelta(seconds=30)
    task.batches.update(lease_until=over, due_at=over - timedelta(minutes=5))

    assert waiting(task)["since"] == over


def test_a_task_is_not_lost_while_one_of_its_batches_is_held(task: Task) -> None:
    Batch.objects.create(task=task, number=2, status="open", due_at=timezone.now() - timedelta(minutes=1))

    assert waits_for(task) is None


def test_when_only_later_attempts_are_left_it_says_when_the_next_one_is(task: Task) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    happened(task, "n1", "succeeded")
    for node, seconds in (("n2", 0), ("n3", 60)):
        happened(task, node, "pending", "registry_unreachable", not_before=soon + timedelta(seconds=seconds))

    wait = waiting(task)

    assert (wait["reason"], wait["text"], wait["until"]) == ("next_attempt", "the next attempt on 2 nodes", soon)


def test_a_finished_task_waits_for_nothing(task: Task) -> None:
    write_waiting(task, "cluster", timezone.now())
    task.refresh_from_db()
    task.status = "succeeded"

    assert waits_for(task) is None


def test_the_api_tells_it(as_vera: APIClient, task: Task) -> None:
    write_waiting(task, "cluster_unreachable", timezone.now())

    wait = as_vera.get(f"/api/v1/tasks/{task.pk}/").json()["waiting"]

    assert wait["text"] == "the API server, which does not answer"
    assert wait["since"].endswith("Z")


@pytest.mark.parametrize("code", ["", "own_limit", "changed", "lease_lost"])
def test_what_passes_within_a_moment_is_not_worth_saying(code: str) -> None:
    assert in_words(code) == ""


def test_a_word_that_is_not_in_the_table_is_still_readable() -> None:
    assert in_words("phase_of_moon:full") == "phase of moon"
