"""The database's clock was set back: what was written before is not waited for until it comes round again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from prewarm import claims
from prewarm.clock import database_now
from prewarm.models import Batch, Duty, NodeResult, NodeView
from prewarm.watcher import Watcher
from tests.prewarm.rows import asked, cluster_of
from tests.prewarm.simulated import Worker
from tests.prewarm.test_turns import fresh

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
HOUR = timedelta(hours=1)


def test_the_lease_of_a_dead_worker_is_no_longer_than_a_lease() -> None:
    asked()
    claims.claim_due("dead", [])
    Batch.objects.update(lease_until=database_now() + HOUR)

    assert len(claims.claim_due("other", [])[0]) == 1


def test_what_was_due_is_due() -> None:
    asked()
    Batch.objects.update(due_at=database_now() + HOUR)

    assert len(claims.claim_due("worker", [])[0]) == 1


def test_a_back_off_is_no_longer_than_a_back_off(worker: Worker) -> None:
    task = asked([fresh()])
    worker.until(lambda: NodeResult.objects.filter(task=task).count() == 10)
    NodeResult.objects.filter(task=task, status="pending").update(not_before=database_now() + HOUR)

    assert worker.finish(task).status == "succeeded"


def test_a_chore_is_done_again() -> None:
    assert Duty.claim("sweep", timedelta(minutes=1))
    Duty.objects.update(due_at=database_now() + HOUR)

    assert Duty.claim("sweep", timedelta(minutes=1))


def test_another_watcher_leads() -> None:
    cluster_of("n1")
    NodeView.objects.update(holder="dead", lease_until=database_now() + HOUR)

    assert Watcher(None, threading.Event()).lead()  # type: ignore[arg-type]
