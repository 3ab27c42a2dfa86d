"""How many schedules a tenant may have, and how often they may fire."""

from __future__ import annotations

from accounts.models import Tenant
from ips.problems import Conflict, Invalid
from prewarm.models import Schedule
from prewarm.schedules.cron import Cron, InvalidCron, UnknownZone, cron
from prewarm.wording import duration

MOST_OF_A_TENANT = 50  # where the tenant has no limit of its own
LEAST_INTERVAL = 60


def most_schedules(tenant: Tenant) -> int:
    return MOST_OF_A_TENANT if tenant.max_schedules is None else tenant.max_schedules


def check_number(tenant: Tenant) -> None:
    """Raises Conflict (409) for a tenant that has enough schedules; its row is locked by the caller."""
    most = most_schedules(tenant)
    if (used := Schedule.objects.filter(tenant=tenant).count()) >= most:
        detail = (
            f"{tenant} may have {most:,} schedules (max_schedules) and has {used:,}. Delete one, or ask a platform "
            "administrator for more."
        )
        raise Conflict("quota_exceeded", detail)


def rule_of(rule: str, time_zone: str) -> Cron:
    """Raises Invalid (422), also for what was good once: a time zone may be gone since the system was updated."""
    try:
        return cron(rule, time_zone)
    except InvalidCron as wrong:
        raise Invalid([{"pointer": "cron", "code": "invalid_cron", "detail": str(wrong)}]) from wrong
    except UnknownZone as wrong:
        raise Invalid([{"pointer": "time_zone", "code": "unknown_time_zone", "detail": str(wrong)}]) from wrong


def check_interval(rule: str, time_zone: str, tenant: Tenant) -> None:
    """Raises Invalid (422) for a rule that comes more often than the tenant may."""
    least = LEAST_INTERVAL if tenant.min_interval_seconds is None else tenant.min_interval_seconds
    shortest = rule_of(rule, time_zone).shortest_gap().total_seconds()
    if shortest < least:
        detail = (
            f"This comes again after {duration(shortest)}; schedules of {tenant} may fire every {duration(least)} "
            "(min_interval_seconds)."
        )
        raise Invalid([{"pointer": "cron", "code": "too_often", "detail": detail}])
