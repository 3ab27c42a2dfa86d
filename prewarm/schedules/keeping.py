"""Keeping schedules: they are made, changed, paused, run and deleted by these moves, whoever asks for it and where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.audit import By
from accounts.models import Tenant
from ips.problems import Invalid, Problem
from prewarm.clock import database_now
from prewarm.models import RunOutcome, Schedule, ScheduleRun
from prewarm.schedules.form import check_form
from prewarm.schedules.overlap import settle
from prewarm.schedules.rules import check_interval, check_number, rule_of
from prewarm.schedules.telling import tell
from prewarm.transactions import retried

NAMED = 20
# What an urgent schedule does is for those to say who may make urgent tasks.
_DECIDES = frozenset({"cron", "time_zone", "form", "overlap", "starting_deadline_seconds"})


def make_schedule(tenant: Tenant, by: By, wish: Mapping[str, Any], *, may_be_urgent: bool) -> Schedule:
    """A new one, which fires from now on.

    Raises Invalid (422) for a name that the tenant has and for what it may not ask for, Problem (403) for an urgent
    task of somebody who may not, Conflict (409) when the tenant has enough schedules.
    """
    check_form(wish["form"], tenant, may_be_urgent=may_be_urgent)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)  # two at once queue up: none is overlooked
            check_number(tenant)
            check_interval(wish["cron"], wish["time_zone"], tenant)
            next_at = _next(wish["cron"], wish["time_zone"])
            made = Schedule.objects.create(tenant=tenant, created_by=by.user, next_at=next_at, **wish)
            by.audit("schedule.created", str(made.pk), after=_told(wish), tenant=tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return made


def change_schedule(kept: Schedule, by: By, wish: Mapping[str, Any], *, may_be_urgent: bool) -> Schedule:
    """Change what is named. Another rule counts from now on: what the old one missed is forgotten.

    Raises as `make_schedule`, and Http404 for one that was deleted meanwhile.
    """
    try:
        with transaction.atomic():
            kept = locked(kept)
            before = {name: getattr(kept, name) for name, value in wish.items() if getattr(kept, name) != value}
            if before:
                if before.keys() & _DECIDES:
                    check_urgent(kept, may_be_urgent=may_be_urgent)
                for name in before:
                    setattr(kept, name, wish[name])
                if "form" in before:
                    check_form(kept.form, kept.tenant, may_be_urgent=may_be_urgent)
                if before.keys() & {"cron", "time_zone"}:
                    check_interval(kept.cron, kept.time_zone, kept.tenant)
                    kept.next_at = None if kept.paused_at else _next(kept.cron, kept.time_zone)
                kept.save(update_fields=[*before, "next_at", "changed_at"])
                after = {name: wish[name] for name in before}
                by.audit("schedule.changed", str(kept.pk), before=_told(before), after=_told(after), tenant=kept.tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return kept


def delete_schedule(kept: Schedule, by: By) -> None:
    """With its runs. Its tasks stay, and go on."""
    with transaction.atomic():
        if Schedule.objects.select_for_update().filter(pk=kept.pk).first():  # who fires it ends before
            Schedule.objects.filter(pk=kept.pk).delete()
            by.audit("schedule.deleted", str(kept.pk), before={"name": kept.name}, tenant=kept.tenant)


def pause_schedule(kept: Schedule, by: By) -> Schedule:
    """It fires no more by itself, and a run that waits is dropped. What comes meanwhile is not caught up."""

    def work() -> Schedule:
        found, now = locked(kept), database_now()
        if found.paused_at is None:
            found.paused_at, found.paused_by, found.next_at = now, by.actor[:160], None
            found.save(update_fields=["paused_at", "paused_by", "next_at", "changed_at"])
            _drop_waiting(found.runs.all())
            by.audit("schedule.paused", str(found.pk), tenant=found.tenant)
        return found

    return retried(work)


def resume_schedule(kept: Schedule, by: By) -> Schedule:
    """It fires again, from its next time on."""

    def work() -> Schedule:
        found = locked(kept)
        if found.paused_at is not None:
            found.paused_at, found.paused_by, found.next_at = None, "", _next(found.cron, found.time_zone)
            found.save(update_fields=["paused_at", "paused_by", "next_at", "changed_at"])
            by.audit("schedule.resumed", str(found.pk), tenant=found.tenant)
        return found

    return retried(work)


def run_now(kept: Schedule, by: By, *, may_be_urgent: bool) -> ScheduleRun:
    """A run besides the rule, paused or not; it minds earlier tasks as any other. Its row says what came of it."""

    def work() -> ScheduleRun:
        schedule, now = locked(kept), database_now()
        check_urgent(schedule, may_be_urgent=may_be_urgent)
        run = ScheduleRun(schedule=schedule, scheduled_for=now, fired_at=now, asked_by=by.actor[:160])
        replaced = settle(schedule, run, by=by)
        run.save(force_insert=True)
        Schedule.objects.filter(pk=schedule.pk).update(last_run=run)
        after = {"run": str(run.pk), "outcome": run.outcome}
        by.audit("schedule.run", str(schedule.pk), after=after, tenant=schedule.tenant)
        for one in (*replaced, run):
            tell(schedule, one, now)
        return run

    return retried(work)


def pause_all(tenant: Tenant, by: By) -> Tenant:
    """No schedule of the tenant fires by itself; each firing that is skipped so is in the history."""
    return _set_all(tenant, by, paused=True)


def resume_all(tenant: Tenant, by: By) -> Tenant:
    return _set_all(tenant, by, paused=False)


def _set_all(tenant: Tenant, by: By, *, paused: bool) -> Tenant:
    def work() -> Tenant:
        if Tenant.objects.filter(pk=tenant.pk, schedules_paused=not paused).update(schedules_paused=paused):
            if paused:
                _drop_waiting(ScheduleRun.objects.filter(schedule__tenant=tenant))
            by.audit(f"schedules.{'paused' if paused else 'resumed'}", tenant.slug, tenant=tenant)
        return Tenant.objects.get(pk=tenant.pk)

    return retried(work)


def locked(kept: Schedule) -> Schedule:
    """The row as it is now, for this transaction alone. Raises Http404 for one that was deleted meanwhile."""
    return get_object_or_404(Schedule.objects.select_for_update(), pk=kept.pk)


def check_urgent(schedule: Schedule, *, may_be_urgent: bool) -> None:
    """Raises Problem (403) for somebody who may not say when urgent tasks are made."""
    if schedule.urgent and not may_be_urgent:
        detail = "This schedule makes urgent tasks: only a platform administrator may change or run it."
        raise Problem(403, "platform_admin_only", detail)


def _drop_waiting(runs: QuerySet[ScheduleRun]) -> None:
    waiting = runs.filter(outcome=RunOutcome.QUEUED)
    waiting.update(outcome=RunOutcome.SKIPPED, reason="paused", text="The schedule was paused while this run waited.")


def _next(rule: str, time_zone: str) -> datetime | None:
    return rule_of(rule, time_zone).next_after(database_now())


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """For the audit: of thousands of nodes, how many."""
    form = values.get("form")
    if form and len(names := form.get("node_names", ())) > NAMED:
        return {**values, "form": {**form, "node_names": f"{len(names):,} names"}}
    return dict(values)


def _taken(name: str) -> Invalid:
    detail = f"The tenant has a schedule {name!r} already. Change that one, or take another name."
    return Invalid([{"pointer": "name", "code": "taken", "detail": detail}])
