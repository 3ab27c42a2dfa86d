"""How much a tenant may ask for: tasks that are not over, images on nodes a day. Kept when a task is accepted."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from accounts.models import Tenant
from ips.problems import Conflict
from prewarm.models import FINISHED, PairsOfDay, Task, TaskStatus

OPEN = [status for status in TaskStatus if status not in FINISHED]
MORE = "or ask a platform administrator for more"


def limited(tenant: Tenant) -> bool:
    return tenant.max_running_tasks is not None or tenant.max_pairs_per_day is not None


def take(tenant: Tenant, pairs: int, now: datetime) -> None:
    """Count a task of so many pairs in; runs in the transaction that makes it.

    The tenant's row is locked first: of many who ask at once each sees what those before it have made. Raises Conflict
    (409), and then the transaction must roll back.
    """
    if not limited(tenant):
        return
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if words := refusal(tenant, pairs, now):
        raise Conflict("quota_exceeded", words)
    if tenant.max_pairs_per_day is not None:
        today = PairsOfDay.objects.filter(tenant=tenant, day=now.date())
        if not today.update(pairs=F("pairs") + pairs):
            PairsOfDay.objects.create(tenant=tenant, day=now.date(), pairs=pairs)


def refusal(tenant: Tenant, pairs: int, now: datetime) -> str:
    """Why a task of so many pairs would not be accepted now, in words; empty when it would."""
    most = tenant.max_running_tasks
    if most is not None and (used := running_tasks(tenant)) >= most:
        return (
            f"{tenant} may have {most:,} tasks at once that are not over (max_running_tasks) and has {used:,}. Wait "
            f"until one ends, cancel one, {MORE}."
        )
    most = tenant.max_pairs_per_day
    if most is not None and (used := pairs_today(tenant, now)) + pairs > most:
        return (
            f"{tenant} may ask for {most:,} images on nodes a day (max_pairs_per_day) and has asked for {used:,}; this "
            f"task has {pairs:,}. Ask for fewer, wait until the day ends (UTC), {MORE}."
        )
    return ""


def running_tasks(tenant: Tenant) -> int:
    return Task.objects.filter(tenant=tenant, status__in=OPEN).count()


def pairs_today(tenant: Tenant, now: datetime) -> int:
    """Counted since the tenant has a limit for it."""
    return PairsOfDay.objects.filter(tenant=tenant, day=now.date()).values_list("pairs", flat=True).first() or 0
