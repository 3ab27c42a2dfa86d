"""The migrations, while an earlier version is at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connection

LOCK_WAIT_TIMEOUT = 1205  # MariaDB and MySQL: the statement was not carried out
TRIES = 6


def migrate() -> None:
    """Run them; a change of a table that others kept from it is tried again, as each is one statement of its own."""
    with connection.execute_wrapper(_patiently):
        call_command("migrate", interactive=False, verbosity=0)


def _patiently(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    for _ in range(TRIES - 1):
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if error.args[:1] != (LOCK_WAIT_TIMEOUT,) or connection.in_atomic_block:
                raise
    return execute(sql, params, many, context)
