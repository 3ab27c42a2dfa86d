"""What time it is. Leases, due times and deadlines are all told by the database's clock, one clock for all workers."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone


def database_now() -> datetime:
    """The database's time. SQLite's clock is this machine's own, so it needs no question."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        (now,) = cursor.fetchone()
    return now.replace(tzinfo=UTC) if isinstance(now, datetime) else timezone.now()
