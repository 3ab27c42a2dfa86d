"""What is over for long is deleted: finished tasks with all their rows, and the audit, after the days that are set.

And what nobody has needed for a day: limits of registries, what registries said, answers kept for who asks again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.idempotency import forget_answers
from accounts.models import AuditEntry
from prewarm import live_settings
from prewarm.models import Limit, PairsOfDay, RunOutcome, Schedule, ScheduleRun, Task
from prewarm.registries import kept
from prewarm.transactions import retried

TASKS, ENTRIES = 5, 1000  # at a time: no transaction is long
LIMITS_KEPT = timedelta(days=1)


def prune(now: datetime) -> int:
    """Delete some of what is too old, oldest first; how many rows of tasks, audit and limits went."""
    live = live_settings.load()
    tasks_before = now - timedelta(days=live.keep_tasks_days)
    audit_before = now - timedelta(days=live.keep_audit_days)
    wanted = Task.objects.filter(retry_of__isnull=False, planned_at=None).values("retry_of")  # to plan retries by
    finished = Task.objects.filter(finished_at__lt=tasks_before).exclude(pk__in=wanted).order_by("finished_at")
    old = list(finished.values_list("pk", flat=True)[:TASKS])
    for pk in old:
        retried(Task.objects.filter(pk=pk).delete)
    entries = list(AuditEntry.objects.filter(at__lt=audit_before).order_by("pk").values_list("pk", flat=True)[:ENTRIES])
    AuditEntry.objects.filter(pk__in=entries).forget()
    PairsOfDay.objects.filter(day__lt=tasks_before.date()).delete()
    _prune_runs(tasks_before)
    return len(old) + len(entries) + _prune_limits(now) + kept.forget_old(now) + forget_answers()


def _prune_runs(before: datetime) -> None:
    """Firings as old as the tasks that go; not the last one of a schedule, nor one that still waits."""
    last = Schedule.objects.exclude(last_run=None).values("last_run")
    for outcome in set(RunOutcome) - {RunOutcome.QUEUED}:  # one by one: so an index finds them
        old = ScheduleRun.objects.filter(outcome=outcome, fired_at__lt=before).exclude(pk__in=last)
        ScheduleRun.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:ENTRIES])).delete()


def _prune_limits(now: datetime) -> int:
    """Whoever wants to take from one meanwhile finds it missing, and in its next cycle makes it anew."""
    idle = Limit.objects.filter(name__startswith="host:", used=0)
    names = list(idle.order_by("name").values_list("name", flat=True))
    if not names:
        return 0
    recent = Task.objects.filter(Q(finished_at=None) | Q(finished_at__gt=now - LIMITS_KEPT))
    needed = {f"host:{host}" for hosts in recent.values_list("hosts", flat=True) for host in hosts}
    unneeded = [name for name in names if name not in needed][:ENTRIES]
    return idle.filter(pk__in=unneeded).delete()[0] if unneeded else 0
