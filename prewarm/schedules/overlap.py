"""What a firing comes to while a task of an earlier one may still run. Runs under the schedule's lock."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.exceptions import APIException

from accounts.audit import By
from prewarm import live_settings, stopping
from prewarm.models import Overlap, RunOutcome, Schedule, ScheduleRun, Task, Trigger
from prewarm.quotas import OPEN
from prewarm.schedules.form import why_refused, wish_of
from prewarm.schedules.rules import check_interval
from prewarm.schedules.telling import cause_of
from prewarm.stopping import StatusForbids
from prewarm.submit import submit

LONGEST = 500


def running_tasks(schedule: Schedule) -> QuerySet[Task]:
    """Those that the schedule made and that are not over."""
    return Task.objects.filter(schedule=schedule, status__in=OPEN)


def settle(schedule: Schedule, run: ScheduleRun, *, by: By | None = None, waited: bool = False) -> list[ScheduleRun]:
    """Decide what comes of this run, and make its task if that is it; the run itself is for the caller to save.

    `by` asks for it now, whether or not the rules are paused. Answers with the runs whose place it took, saved.
    """
    replaced: list[ScheduleRun] = []
    if not run.asked_by and (stopped := stopped_by(schedule)):
        _end(run, RunOutcome.SKIPPED, stopped, PAUSED[stopped])
    elif not _makes_way(schedule, run, waited, replaced):
        make(schedule, run, by)
    return replaced


def stopped_by(schedule: Schedule) -> str:
    """What lets none of the tenant's schedules fire: `all_paused`, `tenant_paused`; empty for nothing."""
    if live_settings.current().schedules_paused:
        return "all_paused"
    return "tenant_paused" if schedule.tenant.schedules_paused else ""


PAUSED = {
    "all_paused": "All schedules are paused.",
    "tenant_paused": "All schedules of the tenant are paused.",
}


def make(schedule: Schedule, run: ScheduleRun, by: By | None) -> None:
    """Make the run's task; what the tenant may not ask for any more is a refusal, in words."""
    try:
        with transaction.atomic():
            check_interval(schedule.cron, schedule.time_zone, schedule.tenant)
            task = submit(
                tenant=schedule.tenant,
                user=by.user if by else None,
                actor=run.asked_by or f"schedule {schedule.name}",
                request_id=by.request_id if by else "",
                wish=wish_of(schedule.form, schedule.tenant, may_be_urgent=True),
                trigger=Trigger.SCHEDULE,
                cause=cause_of(schedule, run),
                schedule=schedule,
            )
    except APIException as refused:
        code, words = why_refused(refused)
        _end(run, RunOutcome.REFUSED, code, words)
    else:
        run.outcome, run.task = RunOutcome.MADE, task


def _makes_way(schedule: Schedule, run: ScheduleRun, waited: bool, replaced: list[ScheduleRun]) -> bool:
    """Whether the run makes no task now, because of an earlier one; `replaced` gets those whose place it takes."""
    if schedule.overlap == Overlap.ALLOW:
        return False
    others = ScheduleRun.objects.filter(schedule=schedule, outcome=RunOutcome.QUEUED).exclude(pk=run.pk)
    first = running_tasks(schedule).order_by("created_at").first()
    if first is None and (waited or not others.exists()):
        return False
    if schedule.overlap == Overlap.SKIP:
        title = f"Task {str(first.pk)[:8]}" if first else "A task"
        _end(run, RunOutcome.SKIPPED, "still_running", f"{title} of an earlier run is not over.")
        return True
    if schedule.overlap == Overlap.REPLACE:
        for other in others:
            _end(other, RunOutcome.SKIPPED, "replaced", "A later run took its place.")
            other.save(update_fields=["outcome", "reason", "text"])
            replaced.append(other)
        if first is None:
            return False
        _cancel(schedule)
        _end(run, RunOutcome.QUEUED, "still_running", "It starts when the task that it replaces is over.")
    elif others.exists() and not waited:
        _end(run, RunOutcome.SKIPPED, "one_waits", "An earlier run waits already.")
    else:
        _end(run, RunOutcome.QUEUED, "still_running", "It starts when the task of an earlier run is over.")
    return True


def _cancel(schedule: Schedule) -> None:
    for task in running_tasks(schedule):
        try:
            stopping.cancel(task, f"schedule {schedule.name}"[:160])
        except StatusForbids:
            continue  # it ended just now


def _end(run: ScheduleRun, outcome: RunOutcome, reason: str, text: str) -> None:
    said = f"{run.text} {text}" if run.text and outcome != RunOutcome.QUEUED else text
    run.outcome, run.reason, run.text = outcome, reason[:40], said[:LONGEST]
