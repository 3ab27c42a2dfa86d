"""Schedules for tests, and time that has passed."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.audit import By
from accounts.models import Tenant
from prewarm.models import Schedule, ScheduleRun, Task, TaskStatus
from prewarm.schedules import keeping
from prewarm.schedules.request import ScheduleRequest

FORM: dict[str, Any] = {"images": ["nginx:1.27"], "all_nodes": True}
ROOT = By(None, "root")


def schedule(cron: str = "* * * * *", tenant: str = "default", **wish: Any) -> Schedule:
    """One as the API makes it."""
    team, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
    task = FORM | wish.pop("task", {})
    asked = ScheduleRequest(data={"name": "nightly", "cron": cron, "task": task, **wish})
    asked.is_valid(raise_exception=True)
    values = {name: value for name, value in asked.validated_data.items() if name != "tenant"}
    return keeping.make_schedule(team, ROOT, values, may_be_urgent=True)


def due(one: Schedule, since: timedelta = timedelta()) -> datetime:
    """Nobody has looked at it for so long: it waits since then. Not in the last seconds of a minute: it would end."""
    while timezone.now().second >= 57:
        time.sleep(0.1)
    at = (timezone.now() - since).replace(second=0, microsecond=0)
    Schedule.objects.filter(pk=one.pk).update(next_at=at)
    return at


def runs(one: Schedule) -> list[ScheduleRun]:
    return list(one.runs.select_related("task").order_by("scheduled_for"))


def outcomes(one: Schedule) -> list[str]:
    return [str(run.outcome) for run in runs(one)]


def over(*tasks: Task) -> None:
    """These end."""
    ids = [task.pk for task in tasks]
    Task.objects.filter(pk__in=ids).update(status=TaskStatus.SUCCEEDED, finished_at=timezone.now())
