"""What a firing came to, in words, and for whoever is told of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from prewarm.announce import Event, announce
from prewarm.models import RunOutcome, Schedule, ScheduleRun
from prewarm.tallies import SCHEDULE_RUNS, count
from prewarm.wording import counted

# Nobody is told of what somebody has just switched off.
QUIET = frozenset({"all_paused", "tenant_paused", "paused"})
_KINDS = {
    RunOutcome.MADE: "schedule.fired",
    RunOutcome.SKIPPED: "schedule.skipped",
    RunOutcome.REFUSED: "schedule.failed",
    RunOutcome.MISSED: "schedule.missed",
}


def cause_of(schedule: Schedule, run: ScheduleRun) -> str:
    """Why a task is there: `schedule nightly, due 2026-11-27 02:00 UTC`."""
    if run.asked_by:
        return f"schedule {schedule.name}, run by {run.asked_by}"[:200]
    return f"schedule {schedule.name}, due {run.scheduled_for:%Y-%m-%d %H:%M} UTC"


def caught_up(missed: int) -> str:
    return (
        f"The rule came {counted(missed, 'time')} before this while nobody was there: this run stands for all of them."
    )


def too_late(run: ScheduleRun, seconds: int) -> str:
    before = f" So were {counted(run.missed, 'time')} before it." if run.missed else ""
    return f"Nobody was there within {seconds:,} s of its time: no task is made.{before}"


def tell(schedule: Schedule, run: ScheduleRun, now: datetime) -> None:
    """Announce and count what became of a firing, and that others were missed before it; the transaction's last act."""
    if run.missed and run.outcome != RunOutcome.MISSED and run.outcome != RunOutcome.QUEUED:
        _announce(schedule, run, "schedule.missed", caught_up(run.missed), now)
    if run.outcome in _KINDS and run.reason not in QUIET:
        text = run.text if run.outcome != RunOutcome.MADE else f"Schedule {schedule.name} made a task."
        _announce(schedule, run, _KINDS[RunOutcome(run.outcome)], text, now)
    if run.outcome != RunOutcome.QUEUED:
        count(SCHEDULE_RUNS, run.outcome)


def _announce(schedule: Schedule, run: ScheduleRun, kind: str, text: str, now: datetime) -> None:
    task: UUID | None = run.task_id
    facts = {
        "id": str(schedule.pk),
        "name": schedule.name,
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "scheduled_for": run.scheduled_for.isoformat(),
        "outcome": run.outcome,
        "reason": run.reason,
        "missed": run.missed,
        "task": str(task) if task else None,
        "asked_by": run.asked_by,
        "next_at": schedule.next_at.isoformat() if schedule.next_at else None,
    }
    named = schedule.form.get("webhooks") or ()
    announce(Event(kind, schedule.tenant_id, now, str(schedule.pk), text, facts, task, schedule.pk, named))
