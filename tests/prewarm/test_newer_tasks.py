"""In an update, workers leave alone what only newer ones understand; the task says so, and newer ones are rung for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from prewarm import claims, newer_tasks
from prewarm.models import SPEC_VERSION, Task
from prewarm.ticking import work_is_due
from prewarm.waiting import waits_for
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def newer() -> Task:
    """A newer version's task that has been due for a minute."""
    task = asked()
    Task.objects.update(spec_version=SPEC_VERSION + 1)
    task.batches.update(due_at=timezone.now() - timedelta(minutes=1))
    task.refresh_from_db()
    return task


def test_a_newer_task_is_left_alone(newer: Task) -> None:
    assert claims.claim_due("a", [])[0] == []


def test_a_newer_worker_is_rung_for(newer: Task) -> None:
    assert work_is_due()


def test_it_says_once_what_it_waits_for(newer: Task, caplog: pytest.LogCaptureFixture) -> None:
    now = timezone.now()
    for _ in range(2):
        newer_tasks.tell(now)

    before = newer.change
    newer.refresh_from_db()
    (event,) = newer.events.filter(kind="waits_for_newer_version")
    assert (newer.waiting_reason, newer.waiting_since, newer.change) == ("newer_version", now, before + 1)
    assert event.change == newer.change
    assert "newer version" in caplog.text


def test_it_does_not_wait_for_just_any_worker(newer: Task) -> None:
    newer_tasks.tell(timezone.now())
    newer.refresh_from_db()

    wait = waits_for(newer)

    assert wait is not None
    assert wait["reason"] == "newer_version"
    assert "newer version" in wait["text"]


def test_what_newer_workers_do_take_up_says_nothing(newer: Task) -> None:
    newer.batches.update(due_at=timezone.now())  # handed back a moment ago, between two turns

    newer_tasks.tell(timezone.now())

    newer.refresh_from_db()
    assert newer.waiting_reason == ""


def test_a_task_of_this_version_waits_for_no_newer_worker() -> None:
    task = asked()
    task.batches.update(due_at=timezone.now() - timedelta(minutes=1))

    newer_tasks.tell(timezone.now())

    task.refresh_from_db()
    assert task.waiting_reason == ""
    assert claims.claim_due("a", [])[0] != []
