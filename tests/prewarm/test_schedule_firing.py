"""What is due fires once, and its run says what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import Tenant
from prewarm import announce, ticking
from prewarm.announce import Event
from prewarm.change_settings import change_settings
from prewarm.models import Overlap, Schedule, ScheduleRun, Tally, Task, TaskStatus, Trigger
from prewarm.retention import prune
from prewarm.schedules import firing, keeping
from tests.prewarm.schedule_rows import ROOT, due, outcomes, over, runs, schedule

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


class Ears:
    def __init__(self) -> None:
        self.heard: list[Event] = []

    def hear(self, event: Event) -> None:
        self.heard.append(event)

    def check(self, named: object, tenant: object) -> None: ...

    def kinds(self) -> list[str]:
        return [event.kind for event in self.heard if event.kind.startswith("schedule.")]


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    one = Ears()
    monkeypatch.setattr(announce, "_listeners", [one])
    yield one


def test_what_is_due_makes_a_task_that_says_why_it_is_there(ears: Ears) -> None:
    nightly = schedule(task={"name": "Web", "priority": 7})
    at = due(nightly)

    assert firing.fire_due() == 1

    (run,), task = runs(nightly), Task.objects.get()
    assert (run.outcome, run.scheduled_for, run.missed, run.task_id) == ("made", at, 0, task.pk)
    assert (task.trigger, task.schedule_id, task.name, task.priority) == (Trigger.SCHEDULE, nightly.pk, "Web", 7)
    assert (task.cause, task.actor) == (f"schedule nightly, due {at:%Y-%m-%d %H:%M} UTC", "schedule nightly")
    nightly.refresh_from_db()
    assert nightly.next_at == at + timedelta(minutes=1) and nightly.last_run == run
    assert ears.kinds() == ["schedule.fired"]
    assert Tally.objects.get(key="ips_schedule_runs|made").value == 1


def test_what_is_not_due_stays(ears: Ears) -> None:
    schedule()

    assert firing.fire_due() == 0
    assert not ScheduleRun.objects.exists()


def test_twice_is_harmless() -> None:
    nightly = schedule()
    due(nightly)

    assert [firing.fire(nightly.pk), firing.fire(nightly.pk)] == [True, False]
    assert len(runs(nightly)) == 1


def test_one_time_has_one_run() -> None:
    nightly = schedule()
    at = due(nightly)
    firing.fire_due()

    with pytest.raises(IntegrityError):
        ScheduleRun.objects.create(schedule=nightly, scheduled_for=at, fired_at=at, outcome="made")


def test_a_month_asleep_is_one_run_that_knows_how_many_were_missed(ears: Ears) -> None:
    minutely = schedule()
    since = due(minutely, timedelta(days=30))

    began = time.perf_counter()
    firing.fire_due()
    took = (time.perf_counter() - began) * 1000
    print(f"30 days of every minute: {took:.0f} ms")

    (run,) = runs(minutely)
    assert run.outcome == "made"
    assert run.missed == (run.scheduled_for - since) // timedelta(minutes=1)
    assert run.missed >= 30 * 1440 - 1
    assert "43,20" in run.text and ears.kinds() == ["schedule.missed", "schedule.fired"]
    assert Task.objects.count() == 1
    minutely.refresh_from_db()
    assert minutely.next_at and minutely.next_at > timezone.now()


def test_after_the_starting_deadline_it_is_missed(ears: Ears) -> None:
    nightly = schedule("0 0 * * *", starting_deadline_seconds=60)
    Schedule.objects.update(next_at=timezone.now().replace(hour=0, minute=0, second=0) - timedelta(days=3))
    Schedule.objects.update(cron="0 0 1 1 *")

    firing.fire_due()

    (run,) = runs(nightly)
    assert (run.outcome, run.reason, run.task) == ("missed", "too_late", None)
    assert ears.kinds() == ["schedule.missed"]


@pytest.mark.parametrize("overlap", Overlap.values)
def test_an_earlier_task_that_still_runs(overlap: str, ears: Ears) -> None:
    minutely = schedule(overlap=overlap)
    due(minutely, timedelta(minutes=2))
    firing.fire_due()
    (first,) = Task.objects.all()
    due(minutely)
    ScheduleRun.objects.update(scheduled_for=timezone.now() - timedelta(hours=1))
    firing.fire_due()

    then = outcomes(minutely)[1]
    first.refresh_from_db()
    assert then == {"skip": "skipped", "allow": "made", "queue": "queued", "replace": "queued"}[overlap]
    assert (first.cancel_requested_at is not None) == (overlap == "replace")
    assert Task.objects.count() == (2 if overlap == "allow" else 1)

    firing.fire_due()
    assert Task.objects.count() == (2 if overlap == "allow" else 1), "it waits for the end of the first"
    over(first)
    firing.fire_due()
    assert outcomes(minutely)[1] == {"skip": "skipped"}.get(overlap, "made")
    assert Task.objects.count() == (1 if overlap == "skip" else 2)


def firing_again(one: Schedule, minutes_ago: int) -> None:
    """It fires as if it had been due so long ago."""
    due(one)
    firing.fire_due()
    newest = one.runs.order_by("-fired_at").first()
    assert newest
    ScheduleRun.objects.filter(pk=newest.pk).update(scheduled_for=timezone.now() - timedelta(minutes=minutes_ago))


def test_at_most_one_run_waits_and_the_last_one_replaces() -> None:
    queueing, replacing = schedule(overlap="queue"), schedule(overlap="replace", name="other")
    for one in (queueing, replacing):
        for ago in (40, 30, 20):
            firing_again(one, ago)

    assert outcomes(queueing) == ["made", "queued", "skipped"]
    assert [run.reason for run in runs(queueing)] == ["", "still_running", "one_waits"]
    assert outcomes(replacing) == ["made", "skipped", "queued"]
    assert [run.reason for run in runs(replacing)] == ["", "replaced", "still_running"]


def test_a_run_that_waited_too_long_is_missed() -> None:
    queueing = schedule(overlap="queue", starting_deadline_seconds=600)
    firing_again(queueing, 40)
    firing_again(queueing, 30)

    firing.fire_due()

    assert outcomes(queueing) == ["made", "missed"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"allowed_images": ["registry.example.com/**"]}, "image_not_allowed"),
        ({"max_priority": 3}, "above_max_priority"),
        ({"max_running_tasks": 0}, "quota_exceeded"),
        ({"min_interval_seconds": 3600}, "too_often"),
    ],
)
def test_what_the_tenant_may_not_ask_for_any_more_is_a_refusal_in_words(
    rules: dict[str, object], code: str, ears: Ears
) -> None:
    nightly = schedule()
    Tenant.objects.update(**rules)
    due(nightly)

    firing.fire_due()

    (run,) = runs(nightly)
    assert (run.outcome, run.reason, run.task) == ("refused", code, None)
    assert "default" in run.text or "priority" in run.text
    assert not Task.objects.exists() and ears.kinds() == ["schedule.failed"]
    nightly.refresh_from_db()
    assert nightly.next_at and nightly.next_at > timezone.now()


def test_while_all_are_paused_each_firing_is_skipped_and_nobody_is_told(ears: Ears) -> None:
    nightly = schedule()
    change_settings({"schedules_paused": True}, user=None, actor="root", request_id="")
    firing_again(nightly, 30)
    change_settings({"schedules_paused": False}, user=None, actor="root", request_id="")
    keeping.pause_all(nightly.tenant, ROOT)
    firing_again(nightly, 20)
    keeping.resume_all(nightly.tenant, ROOT)
    firing_again(nightly, 10)

    assert [run.reason for run in runs(nightly)] == ["all_paused", "tenant_paused", ""]
    assert ears.kinds() == ["schedule.fired"]


def test_a_pause_is_not_caught_up_and_drops_what_waits() -> None:
    queueing = schedule(overlap="queue")
    firing_again(queueing, 30)
    firing_again(queueing, 20)

    keeping.pause_schedule(queueing, ROOT)
    firing.fire_due()
    paused = Schedule.objects.get()
    keeping.resume_schedule(queueing, ROOT)

    assert paused.next_at is None and paused.paused_by == "root"
    assert outcomes(queueing) == ["made", "skipped"]
    resumed = Schedule.objects.get()
    assert resumed.next_at and resumed.next_at > timezone.now()


def test_run_now_works_beside_the_rule_and_while_it_is_paused() -> None:
    nightly = schedule("0 2 * * *")
    keeping.pause_schedule(nightly, ROOT)

    run = keeping.run_now(nightly, ROOT, may_be_urgent=False)

    assert (run.outcome, run.asked_by) == ("made", "root")
    assert run.task and run.task.cause == "schedule nightly, run by root" and run.task.actor == "root"
    again = keeping.run_now(nightly, ROOT, may_be_urgent=False)
    assert (again.outcome, again.reason) == ("skipped", "still_running")


def test_a_time_that_has_its_run_already_is_passed_over_when_clocks_were_set_back() -> None:
    minutely = schedule()
    at = due(minutely)
    firing.fire_due()
    Schedule.objects.update(next_at=at)

    firing.fire_due()

    assert len(runs(minutely)) == 1
    minutely.refresh_from_db()
    assert minutely.next_at and minutely.next_at > at


def test_one_that_cannot_be_fired_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = schedule(name="bad"), schedule(name="good")
    due(bad, timedelta(minutes=5))
    due(good)
    true_settle = firing.settle

    def settle(one: Schedule, *args: object, **options: object) -> list[ScheduleRun]:
        if one.pk == bad.pk:
            raise ZeroDivisionError
        return true_settle(one, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(firing, "settle", settle)
    assert firing.fire_due() == 1
    assert (len(runs(bad)), len(runs(good))) == (0, 1)
    monkeypatch.undo()
    assert firing.fire_due() == 1
    assert outcomes(bad) == ["made"]


def test_a_time_zone_that_is_gone_is_a_refusal() -> None:
    nightly = schedule()
    Schedule.objects.update(time_zone="Mars/Olympus")
    due(nightly)

    firing.fire_due()

    assert [run.reason for run in runs(nightly)] == ["invalid_rule"]


def test_a_deleted_schedule_leaves_its_tasks() -> None:
    nightly = schedule()
    due(nightly)
    firing.fire_due()

    keeping.delete_schedule(nightly, ROOT)

    assert (Task.objects.get().schedule, ScheduleRun.objects.count()) == (None, 0)


def test_old_runs_go_with_old_tasks_but_never_the_last() -> None:
    nightly = schedule(overlap="allow")
    for ago in (30, 20, 10):
        firing_again(nightly, ago)
    ScheduleRun.objects.update(fired_at=timezone.now() - timedelta(days=4000))

    prune(timezone.now())

    nightly.refresh_from_db()
    assert [run.pk for run in runs(nightly)] == [nightly.last_run_id]


def test_the_tick_fires(monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[bool] = []
    monkeypatch.setattr(ticking.firing, "fire_due", lambda: fired.append(True) or 0)
    monkeypatch.setattr(ticking.sweep, "sweep", lambda *_: None)
    monkeypatch.setattr(ticking.sweep, "find", lambda *_: None)

    class NoCluster:
        cluster = installation = None

    ticking.tick(NoCluster())  # type: ignore[arg-type]

    assert fired == [True]


def test_a_task_of_a_schedule_that_ended_makes_room(ears: Ears) -> None:
    minutely = schedule()
    firing_again(minutely, 30)
    Task.objects.update(status=TaskStatus.FAILED, finished_at=timezone.now())
    firing_again(minutely, 20)

    assert outcomes(minutely) == ["made", "made"]


def test_a_run_that_is_replaced_while_it_waits_is_told_and_counted_like_any_that_is_skipped(ears: Ears) -> None:
    minutely = schedule(overlap="replace")
    for _ in range(3):
        keeping.run_now(minutely, ROOT, may_be_urgent=False)

    assert outcomes(minutely) == ["made", "skipped", "queued"]
    assert ears.kinds() == ["schedule.fired", "schedule.skipped"]
    assert Tally.objects.get(key="ips_schedule_runs|skipped").value == 1
