"""SQLite on a disk that a test makes full and empties again: the file IPS_TEST_DISK_FULL is there, or is not.

`PRAGMA max_page_count` lets SQLite answer as on a full disk (SQLITE_FULL), without a file system of our own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper as Sqlite

FULL = Path(os.environ.get("IPS_TEST_DISK_FULL", "/nonexistent"))
ALL_PAGES = 1_073_741_823
AS_MANY_AS_NOW = 1  # SQLite takes the number that it has already


class DatabaseWrapper(Sqlite):
    """Looks at each statement whether the disk is full."""

    full = False

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        if self.full != FULL.exists():
            self.full = not self.full
            cursor.execute(f"PRAGMA max_page_count = {AS_MANY_AS_NOW if self.full else ALL_PAGES}")
        return cursor
