"""What is over for long goes by itself; what runs, and what is kept, stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from prewarm import live_settings
from prewarm.models import Limit, NodeResult, Setting, Task
from prewarm.retention import prune
from tests.prewarm.results import end, happened
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def ended(days_ago: int) -> Task:
    task = asked()
    happened(task, "n1", "failed", "image_not_found", "no such tag")
    end(task)
    Task.objects.filter(pk=task.pk).update(finished_at=timezone.now() - timedelta(days=days_ago))
    return task


def test_finished_tasks_go_after_the_days_that_are_set_with_all_their_rows() -> None:
    Setting.objects.create(name="keep_tasks_days", value=7, changed_at=timezone.now(), changed_by="root")
    live_settings.forget()
    old, recent, running = ended(8), ended(6), asked()

    assert prune(timezone.now()) == 1

    assert set(Task.objects.values_list("pk", flat=True)) == {recent.pk, running.pk}
    assert not NodeResult.objects.filter(task_id=old.pk).exists()


def test_a_retry_outlives_the_task_that_it_repeats() -> None:
    old = ended(100)
    retry = asked()
    Task.objects.filter(pk=retry.pk).update(retry_of=old, planned_at=timezone.now())

    prune(timezone.now())

    assert Task.objects.values_list("pk", "retry_of").get() == (retry.pk, None)


def test_a_task_stays_until_its_retry_has_read_what_failed() -> None:
    old = ended(100)
    retry = asked()
    Task.objects.filter(pk=retry.pk).update(retry_of=old, planned_at=None)

    assert prune(timezone.now()) == 0
    Task.objects.filter(pk=retry.pk).update(planned_at=timezone.now())
    assert prune(timezone.now()) == 1


def test_the_audit_goes_after_its_own_days() -> None:
    old, new = (
        AuditEntry.objects.create(action="settings.changed", actor="root", at=timezone.now() - timedelta(days=days))
        for days in (366, 0)
    )

    assert prune(timezone.now()) == 1

    assert AuditEntry.objects.get() == new != old


def limit(host: str, used: int = 0) -> str:
    return Limit.objects.create(name=f"host:{host}", cap=50, used=used).name


def test_the_limit_of_a_registry_goes_a_day_after_its_last_task() -> None:
    in_use, of_a_running, of_a_recent = limit("busy.example", used=1), limit("runs.example"), limit("hours.example")
    for host in ("days.example", "nobody.example"):
        limit(host)
    for name in ("cluster", "tenant:idle", "rate:creates"):
        Limit.objects.create(name=name, cap=50)
    asked(["runs.example/app:1"])
    for image, hours in (("hours.example/app:1", 23), ("days.example/app:1", 25)):
        task = asked([image])
        Task.objects.filter(pk=task.pk).update(finished_at=timezone.now() - timedelta(hours=hours))

    assert prune(timezone.now()) == 2

    kept = set(Limit.objects.values_list("name", flat=True))
    assert kept == {in_use, of_a_running, of_a_recent, "cluster", "tenant:idle", "rate:creates"}
