"""Whether the database has room to write: learned from a write that failed, until one works again."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime

from django.db import DatabaseError

from prewarm.models import Duty

# SQLite, and MySQL's and MariaDB's errors 1021, 1114, 1030 and 3.
_FULL = re.compile(r"disk is full|disk full|table '.*' is full|no space left|errcode: 28|got error 28", re.IGNORECASE)
_lost = threading.Event()
PROBE_ROWS = 500  # more than what the last pages may still have room for


def is_full(error: Exception) -> bool:
    """Whether this error says that the disk is full; remembered if so."""
    if not _FULL.search(str(error)):
        return False
    _lost.set()
    return True


def has_room() -> bool:
    """True as long as no write of this process failed for want of room; afterwards, as soon as a write works again."""
    if not _lost.is_set():
        return True
    rows = [Duty(name=f"room:{number}", due_at=datetime.max.replace(tzinfo=UTC)) for number in range(PROBE_ROWS)]
    try:
        Duty.objects.bulk_create(rows, ignore_conflicts=True)
        Duty.objects.filter(name__startswith="room:").delete()
    except DatabaseError:
        return False
    _lost.clear()
    return True
