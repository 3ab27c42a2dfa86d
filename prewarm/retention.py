"""What is over for long is deleted after the days that are set: finished tasks with all their rows, the audit, and what
pulls once proved.

And what nobody has needed for a day: limits of registries, what registries said, answers kept for who asks again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts import retention as accounts
from ips import retention
from ips.retention import Retained
from prewarm import live_settings
from prewarm.inventory import upkeep
from prewarm.models import Limit, PairsOfDay, RunOutcome, Schedule, ScheduleRun, Task
from prewarm.registries import kept
from prewarm.transactions import retried
from prewarm.upsert import ROWS

LIMITS_KEPT = timedelta(days=1)


def _long_before(now: datetime) -> datetime:
    return now - timedelta(days=live_settings.load().keep_tasks_days)


def _tasks(now: datetime) -> QuerySet[Task]:
    """Not those that somebody retries and whose failures are still to be read."""
    wanted = Task.objects.filter(retry_of__isnull=False, planned_at=None).values("retry_of")
    return Task.objects.filter(finished_at__lt=_long_before(now)).exclude(pk__in=wanted).order_by("finished_at")


def _one_by_one(tasks: QuerySet[Task]) -> int:
    """Each in a transaction of its own: thousands of rows hang on one."""
    keys = list(tasks.values_list("pk", flat=True))
    for pk in keys:
        retried(Task.objects.filter(pk=pk).delete)
    return len(keys)


def _pairs(now: datetime) -> QuerySet[PairsOfDay]:
    return PairsOfDay.objects.filter(day__lt=_long_before(now).date())


def _runs(now: datetime) -> QuerySet[ScheduleRun]:
    """Firings as old as the tasks that go; not the last one of a schedule, nor one that still waits."""
    last = Schedule.objects.exclude(last_run=None).values("last_run")
    over = set(RunOutcome) - {RunOutcome.QUEUED}  # named, so that an index finds them
    return ScheduleRun.objects.filter(outcome__in=over, fired_at__lt=_long_before(now)).exclude(pk__in=last)


def _limits(now: datetime) -> QuerySet[Limit]:
    """Whoever wants to take from one that goes finds it missing, and in its next cycle makes it anew."""
    idle = Limit.objects.filter(name__startswith="host:", used=0).order_by("name")
    names = list(idle.values_list("name", flat=True))
    if not names:
        return Limit.objects.none()
    recent = Task.objects.filter(Q(finished_at=None) | Q(finished_at__gt=now - LIMITS_KEPT))
    needed = {f"host:{host}" for hosts in recent.values_list("hosts", flat=True) for host in hosts}
    return idle.filter(pk__in=[name for name in names if name not in needed][:1000])


def _unused(limits: QuerySet[Limit]) -> int:
    return limits.filter(used=0).delete()[0]


KINDS = (
    Retained("tasks", _tasks, at_once=5, forget=_one_by_one),
    Retained("counts of a day", _pairs),
    Retained("runs of schedules", _runs),
    Retained("limits of registries", _limits, forget=_unused),
    Retained("answers of registries", kept.too_old, at_once=ROWS),
    *accounts.KINDS,
)


def prune(now: datetime) -> int:
    """Delete some of what is too old; how many rows, without those that hang on them."""
    inventory = upkeep.prune(now, timedelta(days=live_settings.load().keep_inventory_days))
    return retention.prune(KINDS, now) + inventory
