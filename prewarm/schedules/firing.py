"""What the tick does with schedules: whatever is due fires once, whoever looks, however often and how late.

Each firing is one transaction. It owns the firing by a conditional update of `next_at`, and leaves one ScheduleRun,
which says what came of it. All times are the database's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from prewarm.clock import database_now
from prewarm.crash_points import crash_point
from prewarm.models import RunOutcome, Schedule, ScheduleRun, Task
from prewarm.quotas import OPEN
from prewarm.schedules.cron import Cron, InvalidCron, UnknownZone, cron
from prewarm.schedules.overlap import settle
from prewarm.schedules.telling import caught_up, tell, too_late
from prewarm.transactions import AWAY, retried

log = logging.getLogger(__name__)

MOST = 200  # schedules that one tick fires
PATIENCE = 5.0  # seconds after which a tick leaves the rest to the next


def fire_due() -> int:
    """Fire what is due, and go on with what waited for an earlier task; how many runs came of it."""
    until = time.monotonic() + PATIENCE
    now = database_now()
    _wake_after_clocks(now)
    number = sum(_safely(_start_waiting, pk, until) for pk in _waiting(now))
    due = Schedule.objects.filter(next_at__lte=now).order_by("next_at").values_list("pk", flat=True)[:MOST]
    return number + sum(_safely(fire, pk, until) for pk in list(due))


def _wake_after_clocks(now: datetime) -> None:
    """What fired or was changed later than now did so before clocks were set back: it waits for its next time by them.

    Times that have their run already are passed over when they come.
    """
    later = Q(last_run__fired_at__gt=now) | Q(changed_at__gt=now)
    rows = Schedule.objects.filter(later, next_at__gt=now).values_list("pk", "next_at", "cron", "time_zone")
    for pk, next_at, rule, time_zone in list(rows):
        try:
            coming = cron(rule, time_zone).next_after(now)
        except (InvalidCron, UnknownZone):
            continue  # its firing says so
        if coming and next_at and coming < next_at:
            Schedule.objects.filter(pk=pk, next_at=next_at).update(next_at=coming)


def fire(pk: UUID) -> bool:
    """Fire one schedule that may be due; whether this call did it."""
    fired = retried(lambda: _fire(pk))
    crash_point("schedule_fired")
    return fired


def _fire(pk: UUID) -> bool:
    now = database_now()
    seen = Schedule.objects.filter(pk=pk, next_at__lte=now).values_list("next_at", flat=True).first()
    if seen is None or not Schedule.objects.filter(pk=pk, next_at=seen).update(next_at=None):
        return False  # another has it
    crash_point("schedule_claimed")
    schedule = Schedule.objects.select_related("tenant").get(pk=pk)
    try:
        rule = cron(schedule.cron, schedule.time_zone)
    except (InvalidCron, UnknownZone) as wrong:  # a time zone that is gone since the system was updated
        run = ScheduleRun(schedule=schedule, scheduled_for=seen, fired_at=now)
        run.outcome, run.reason, run.text = RunOutcome.REFUSED, "invalid_rule", str(wrong)[:500]
        _keep(schedule, run, None, now)
        return True
    due, missed = _due(rule, seen, now)
    coming = rule.next_after(max(now, due))
    if ScheduleRun.objects.filter(schedule=schedule, scheduled_for=due).exists():  # clocks were set back since
        Schedule.objects.filter(pk=pk).update(next_at=coming)
        return False
    run = ScheduleRun(schedule=schedule, scheduled_for=due, fired_at=now, missed=missed)
    replaced: Sequence[ScheduleRun] = ()
    schedule.next_at = coming
    if _is_late(schedule, due, now):
        run.outcome, run.reason = RunOutcome.MISSED, "too_late"
        run.text = too_late(run, schedule.starting_deadline_seconds or 0)
    else:
        run.text = caught_up(missed) if missed else ""
        replaced = settle(schedule, run)
    _keep(schedule, run, coming, now, replaced)
    return True


def _due(rule: Cron, seen: datetime, now: datetime) -> tuple[datetime, int]:
    """The latest time that has come, and how many were missed since the one that was waited for, that one included."""
    latest = rule.last_until(now)
    if latest is None or latest <= seen:
        return seen, 0
    return latest, max(0, rule.count(seen, latest) - 1)


def _is_late(schedule: Schedule, due: datetime, now: datetime) -> bool:
    patience = schedule.starting_deadline_seconds
    return patience is not None and now - due > timedelta(seconds=patience)


def _keep(
    schedule: Schedule, run: ScheduleRun, coming: datetime | None, now: datetime, replaced: Sequence[ScheduleRun] = ()
) -> None:
    run.save(force_insert=True)
    Schedule.objects.filter(pk=schedule.pk).update(next_at=coming, last_run=run)
    for one in (*replaced, run):
        tell(schedule, one, now)
    crash_point("schedule_run_written")


def _waiting(now: datetime) -> list[UUID]:
    """Runs that need not wait any longer: no earlier task is left, or their time is over."""
    held = Task.objects.filter(schedule=OuterRef("schedule"), status__in=OPEN)
    rows = ScheduleRun.objects.filter(outcome=RunOutcome.QUEUED).annotate(held=Exists(held)).select_related("schedule")
    return [run.pk for run in rows if not run.held or _is_late(run.schedule, run.scheduled_for, now)]


def _start_waiting(pk: UUID) -> bool:
    return retried(lambda: _start(pk))


def _start(pk: UUID) -> bool:
    now = database_now()
    waiting = ScheduleRun.objects.filter(pk=pk, outcome=RunOutcome.QUEUED).values_list("schedule", flat=True).first()
    schedule = waiting and Schedule.objects.select_for_update().filter(pk=waiting).first()
    if not schedule or not ScheduleRun.objects.filter(pk=pk, outcome=RunOutcome.QUEUED).update(
        outcome=RunOutcome.SKIPPED
    ):
        return False
    run = ScheduleRun.objects.get(pk=pk)
    replaced: Sequence[ScheduleRun] = ()
    if _is_late(schedule, run.scheduled_for, now):
        run.outcome, run.reason = RunOutcome.MISSED, "too_late"
        run.text = too_late(run, schedule.starting_deadline_seconds or 0)
    else:
        run.reason, run.text = "", caught_up(run.missed) if run.missed else ""
        replaced = settle(schedule, run, waited=True)
    run.save(update_fields=["outcome", "reason", "text", "task"])
    for one in (*replaced, run):
        tell(schedule, one, now)
    return True


def _safely(move: Callable[[UUID], bool], pk: UUID, until: float) -> bool:
    """One schedule that cannot be fired holds up no other."""
    if time.monotonic() > until:
        return False
    try:
        return move(pk)
    except AWAY:
        raise
    except Exception:
        log.exception("a schedule was not fired", extra={"row": str(pk)})
        return False
