"""Transactions are tried again when a lock was lost; statements outlast a database that goes away for a while."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError
from pytest_django import Settings

from prewarm.models import Batch
from prewarm.transactions import outlast, retried
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker
from tests.prewarm.test_turns import fresh

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock")
AWAY = OperationalError(2013, "Lost connection to server during query")


class Failing:
    """Work that fails so many times before it succeeds."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times = error, times
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return self.calls


def test_a_deadlock_is_invisible() -> None:
    assert retried(Failing(DEADLOCK, 5)) == 6


def test_a_deadlock_that_never_ends_is_told() -> None:
    with pytest.raises(OperationalError, match="Deadlock"):
        retried(Failing(DEADLOCK, 6))


def test_nobody_waits_for_locks_without_end(settings: Settings) -> None:
    settings.DB_LOCK_SECONDS = 0
    work = Failing(OperationalError(1205, "Lock wait timeout exceeded"), 5)

    with pytest.raises(OperationalError, match="Lock wait"):
        retried(work)
    assert work.calls == 1


def test_a_lost_connection_is_not_taken_for_a_failure_that_may_be_repeated() -> None:
    work = Failing(AWAY, 1)

    with pytest.raises(OperationalError):
        retried(work)
    assert work.calls == 1


def test_a_statement_outlasts_a_short_absence() -> None:
    assert outlast(Failing(AWAY, 3), 10, threading.Event()) == 4


def test_who_is_to_stop_waits_for_no_database() -> None:
    stopping = threading.Event()
    stopping.set()

    with pytest.raises(OperationalError):
        outlast(Failing(AWAY, 3), 60, stopping)


def test_a_turn_that_the_database_broke_off_hands_all_back_and_the_next_goes_on(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh()])
    broken = Failing(AWAY, 1)
    monkeypatch.setattr("prewarm.turn.send_creates", lambda *_: broken())

    worker.until(lambda: broken.calls == 1)

    assert not Batch.objects.exclude(holder="", lost_claims=0).exists()
    monkeypatch.undo()
    assert worker.finish(task).status == "succeeded"
