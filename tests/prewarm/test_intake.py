"""Pausing all intake, and windows: nothing starts, what runs goes on, and every task says what it waits for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit import By
from accounts.models import Tenant
from accounts.people import change_tenant
from prewarm import claims, stopping, ticking
from prewarm.change_settings import change_settings
from prewarm.models import Batch, NodeSlot, Task
from prewarm.waiting import waits_for
from tests.prewarm.rows import asked, cap
from tests.prewarm.simulated import Worker, expire_leases
from tests.prewarm.test_turns import fresh
from tests.sampler import Sampler

pytestmark = pytest.mark.databases
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def decide(**wish: Any) -> None:
    change_settings(wish, user=None, actor="root", request_id="")


def tomorrow() -> list[dict[str, Any]]:
    """A window that opens at midnight (UTC)."""
    return [{"days": [DAYS[(timezone.now() + timedelta(days=1)).weekday()]], "start": "00:00", "end": "24:00"}]


def waiting_reason(task: Task) -> str:
    return Task.objects.get(pk=task.pk).waiting_reason


CLOSED = [
    pytest.param("intake_paused", lambda: {"intake_paused": True}, {"intake_paused": False}, id="paused"),
    pytest.param("window", lambda: {"windows": tomorrow()}, {"windows": []}, id="window"),
]


@pytest.mark.parametrize(("reason", "close", "reopen"), CLOSED)
def test_a_task_is_planned_waits_says_for_what_and_goes_on_by_itself(
    worker: Worker, sampler: Sampler, reason: str, close: Any, reopen: dict[str, Any]
) -> None:
    decide(**close())
    task = asked([fresh()])
    worker.until(lambda: waiting_reason(task) == reason)
    task.refresh_from_db()
    assert (task.status, task.pending, task.waiting_since is not None) == ("pending", 10, True)
    assert not sampler.made

    decide(**reopen)
    worker.finish(task)

    assert (task.status, task.waiting_reason) == ("succeeded", "")


@pytest.mark.parametrize(("reason", "close", "reopen"), CLOSED)
def test_what_runs_goes_on_and_no_more_starts(
    worker: Worker, sampler: Sampler, reason: str, close: Any, reopen: dict[str, Any]
) -> None:
    task = asked([fresh("slow")], concurrency=3)
    turn = worker.cycles(lambda turn: NodeSlot.objects.exclude(uid="").count() == 3)
    decide(**close())
    turn.hand_back_all()

    worker.until(lambda: not NodeSlot.objects.exists() and waiting_reason(task) == reason)

    assert sum(sampler.made.values()) == 3
    task.refresh_from_db()
    assert (task.succeeded, task.pending) == (3, 7)
    assert task.clock_at is None
    decide(**reopen)
    assert worker.finish(task).status == "succeeded"


def test_it_keeps_no_worker_awake(worker: Worker) -> None:
    decide(intake_paused=True)
    task = asked([fresh()])
    worker.until(lambda: waiting_reason(task) == "intake_paused")

    worker.until(lambda: not ticking.work_is_due(), seconds=2)

    decide(intake_paused=False)
    assert ticking.work_is_due()


def test_a_batch_is_looked_at_again_when_the_window_opens(worker: Worker) -> None:
    soon = timezone.now() + timedelta(minutes=20)
    edge = datetime(soon.year, soon.month, soon.day, soon.hour, soon.minute, tzinfo=soon.tzinfo)
    window = {"days": list(DAYS), "start": f"{edge:%H:%M}", "end": f"{edge + timedelta(hours=1):%H:%M}"}
    decide(windows=[window])
    task = asked([fresh()])

    worker.until(lambda: waiting_reason(task) == "window")
    worker.until(lambda: not ticking.work_is_due(), seconds=2)

    due = Batch.objects.get(task=task, number=1).due_at
    assert due <= timezone.now() + timedelta(minutes=1)  # never later than this: somebody may have set back a clock


def test_a_cancel_does_not_wait_for_the_intake(worker: Worker) -> None:
    decide(intake_paused=True)
    task = asked([fresh()])
    worker.until(lambda: waiting_reason(task) == "intake_paused")

    stopping.cancel(task, "ada")

    assert worker.finish(task).status == "cancelled"


def test_two_workers_with_batches_of_one_task_do_not_overrule_each_other(worker: Worker) -> None:
    """One holds a batch that waits for a limit, the other one of which everything is in flight."""
    cap("cluster", 2)
    task = asked([fresh("hang")], batch_size=2, concurrency=2, parallel_batches=2)
    first = worker.cycles(lambda turn: NodeSlot.objects.exclude(uid="").count() == 2)
    opened = Batch.objects.get(task=task, number=2)
    assert opened.status == "open"
    if opened.holder:
        held = first.held[opened.pk]
        first.let_go(held)
        claims.hand_back(held.batch, timezone.now())
    second = Worker()
    other = second.cycles(lambda turn: opened.pk in turn.held and waiting_reason(task) == "cluster")
    since = Task.objects.get(pk=task.pk).waiting_since

    for _ in range(5):
        for turn in (first, other):
            turn.cycle()
            told = Task.objects.get(pk=task.pk)
            assert (told.waiting_reason, told.waiting_since) == ("cluster", since)

    first.hand_back_all()
    other.hand_back_all()
    stopping.cancel(task, "ada")
    expire_leases()
    worker.finish(task)


def test_a_tenants_window_holds_up_its_tasks_alone_and_says_until_when(worker: Worker) -> None:
    soon = (timezone.now() + timedelta(hours=3)).replace(second=0, microsecond=0)
    window = {"kind": "allow", "cron": f"{soon.minute} {soon.hour} * * *", "duration_minutes": 60, "time_zone": "UTC"}
    tenant = Tenant.objects.get(slug="default")
    change_tenant(tenant, {"pull_windows": [window]}, By(None, "root"))
    mine, theirs = asked([fresh()]), asked([fresh()], tenant="rivals")

    worker.until(lambda: waiting_reason(mine) == "tenant_window")
    assert worker.finish(theirs).status == "succeeded"

    mine.refresh_from_db()
    waits = waits_for(mine)
    assert waits and (waits["reason"], waits["until"]) == ("tenant_window", soon)
    change_tenant(tenant, {"pull_windows": None}, By(None, "root"))
    assert worker.finish(mine).status == "succeeded"
