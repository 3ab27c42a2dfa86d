"""A task's clock: what counts against its timeout, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from prewarm import live_settings, progress, stopping, task_clock
from prewarm.models import Setting, Task
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MORNINGS = [{"days": ["mon"], "start": "06:00", "end": "11:00"}]


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def running(**values: Any) -> Task:
    """A task whose first pull started at noon."""
    task = asked()
    for name, value in {"started_at": NOON, "in_flight": 1, **values}.items():
        setattr(task, name, value)
    progress.save(task, NOON)
    return task


def decide(name: str, value: Any, at: datetime = NOON) -> None:
    Setting.objects.update_or_create(name=name, defaults={"value": value, "changed_at": at, "changed_by": "root"})
    live_settings.forget()


def minutes(task: Task, now: datetime) -> float:
    return task_clock.elapsed(task, now) / 60


def test_it_runs_while_a_pull_is_in_flight() -> None:
    assert minutes(running(), after(7)) == 7


def test_it_starts_with_the_first_dispatch() -> None:
    task = running(started_at=None, in_flight=0)

    assert minutes(task, after(60)) == 0


def test_it_runs_between_attempts_which_are_the_tasks_own_wish() -> None:
    assert minutes(running(in_flight=0), after(7)) == 7


@pytest.mark.parametrize("reason", ["cluster", "host:docker.io", "node_busy", "node_view_stale"])
def test_it_stands_still_while_nothing_is_in_flight_and_others_are_waited_for(reason: str) -> None:
    assert minutes(running(in_flight=0, waiting_reason=reason), after(60)) == 0


def test_it_runs_while_some_are_in_flight_and_the_rest_waits() -> None:
    assert minutes(running(in_flight=1, waiting_reason="cluster"), after(7)) == 7


def test_it_goes_on_where_it_stood() -> None:
    task = running()
    task.in_flight, task.waiting_reason = 0, "cluster"
    progress.save(task, after(5))
    task.in_flight = 1
    progress.save(task, after(60))

    assert minutes(task, after(62)) == 7


def test_it_stands_still_while_the_task_is_paused_even_with_pulls_in_flight() -> None:
    task = running(started_at=timezone.now() - timedelta(minutes=5))
    Task.objects.filter(pk=task.pk).update(clock_at=timezone.now() - timedelta(minutes=5))

    paused = stopping.pause(task, "ada")
    assert 5 <= minutes(paused, timezone.now() + timedelta(hours=1)) < 6

    Task.objects.filter(pk=task.pk).update(paused_at=timezone.now() - timedelta(hours=1))
    resumed = stopping.resume(task, "ada")
    assert 5 <= minutes(resumed, timezone.now()) < 6
    assert resumed.clock_at is not None


def test_it_stands_still_while_the_intake_is_paused_from_the_moment_of_the_pause_on() -> None:
    task = running()
    decide("intake_paused", True, at=after(3))

    assert minutes(task, after(60)) == 3
    progress.save(task, after(60))
    assert (task.clock_seconds, task.clock_at) == (180, None)


def test_it_stands_still_outside_of_the_windows_from_their_end_on() -> None:
    task = running()
    Task.objects.filter(pk=task.pk).update(clock_at=NOON - timedelta(minutes=70))
    task.refresh_from_db()
    decide("windows", MORNINGS)

    assert minutes(task, after(60)) == 10


def test_whoever_holds_the_task_stops_and_starts_it_with_the_windows() -> None:
    task = running()
    decide("windows", MORNINGS)
    stopping.keep_clock(task, after(1))
    assert Task.objects.get(pk=task.pk).clock_at is None

    decide("windows", [])
    stopping.keep_clock(task, after(30))

    task = Task.objects.get(pk=task.pk)
    assert task.clock_at == after(30)
    assert minutes(task, after(31)) == 1


def test_a_task_is_out_of_time_by_its_clock_and_not_by_the_one_on_the_wall() -> None:
    task = running(timeout_seconds=600)
    decide("intake_paused", True, at=after(9))
    stopping.stop_overdue(task, after(60))
    assert task.stop_reason == ""

    decide("intake_paused", False, at=after(61))
    stopping.keep_clock(task, after(61))
    stopping.stop_overdue(task, after(62))
    assert task.stop_reason == "task_timeout"


def test_a_clock_on_the_wall_that_is_set_back_takes_nothing_away() -> None:
    task = running()
    progress.save(task, after(5))
    progress.save(task, after(-60))

    assert minutes(task, after(-58)) == 7
