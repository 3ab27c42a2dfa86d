"""What time it is. Leases, due times and deadlines are all told by the database's clock, one clock for all workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone


def database_now() -> datetime:
    """The database's time. SQLite's clock is this machine's own, so it needs no question."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        (now,) = cursor.fetchone()
    return now.replace(tzinfo=UTC) if isinstance(now, datetime) else timezone.now()


def has_come(column: str, now: datetime, longest: timedelta) -> Q:
    """Rows whose time lies behind us; or farther ahead than anybody ever writes: the clock was set back since then."""
    return Q(**{f"{column}__lte": now}) | Q(**{f"{column}__gt": now + longest})
