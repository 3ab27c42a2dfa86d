"""The database's clock was ahead and is right again: schedules and policies do not sleep until it comes round."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Tenant
from prewarm.models import Policy, PolicyNode, Schedule, ScheduleRun, Task
from prewarm.policies import following, rounds
from prewarm.schedules import firing, keeping
from tests.prewarm.policies import a_minute_later, ends, nodes_with, policy_of, run
from tests.prewarm.schedule_rows import ROOT, due, runs, schedule

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
YEAR = timedelta(days=365)


def test_a_schedule_that_fired_a_year_ahead_fires_at_its_next_time() -> None:
    minutely = schedule()
    due(minutely)
    firing.fire_due()
    ScheduleRun.objects.update(fired_at=timezone.now() + YEAR, scheduled_for=timezone.now() + YEAR)
    Schedule.objects.update(next_at=timezone.now() + YEAR)

    firing.fire_due()

    minutely.refresh_from_db()
    assert minutely.next_at and timezone.now() < minutely.next_at <= timezone.now() + timedelta(minutes=1)
    assert len(runs(minutely)) == 1


def test_a_schedule_that_was_changed_a_year_ahead_fires_at_its_next_time() -> None:
    Schedule.objects.filter(pk=schedule().pk).update(next_at=timezone.now() + YEAR, changed_at=timezone.now() + YEAR)

    firing.fire_due()

    assert Schedule.objects.get().next_at < timezone.now() + timedelta(minutes=1)  # type: ignore[operator]


def test_one_that_is_paused_stays_so_whatever_clocks_did() -> None:
    paused = keeping.pause_schedule(schedule(), ROOT)
    Schedule.objects.update(changed_at=timezone.now() + YEAR)

    firing.fire_due()

    paused.refresh_from_db()
    assert paused.next_at is None


def test_a_policy_is_looked_at_no_later_than_its_own_rhythm() -> None:
    policy = policy_of(recheck_seconds=300)
    run(policy)
    now = timezone.now()
    Policy.objects.update(due_at=now + timedelta(hours=20), checked_at=now + timedelta(hours=20))

    assert rounds.due(now) == [policy]


def test_what_failed_is_asked_for_again_no_later_than_the_longest_pause() -> None:
    nodes_with(names=("n1",))
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task, "image_not_found")
    run(policy)
    a_minute_later(policy)
    for row in PolicyNode.objects.all():
        row.gaps = [[*gap[:5], int((timezone.now() + YEAR).timestamp()) if gap[5] else 0, *gap[6:]] for gap in row.gaps]
        row.save()

    assert run(policy) is not None
    assert Task.objects.count() == 2


def test_workloads_that_were_read_a_year_ahead_are_read_anew() -> None:
    now = timezone.now()
    Tenant.objects.create(slug="team", name="team", followed_namespaces=["web"])
    policy = policy_of(follow={"namespaces": ["web"], "selector": "", "kinds": ["Job"]}, tenant="team")
    policy.followed = {"read_at": (now + YEAR).isoformat(), "problems": [], "workloads": []}

    read, _ = following.follow(policy, None, now)
    assert read is policy.followed  # nobody to ask

    class Asked(Exception): ...

    def connect() -> None:
        raise Asked

    with pytest.raises(Asked):
        following.follow(policy, connect, now)  # type: ignore[arg-type]
