"""Transactions that are tried again when the database asks for it."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# MariaDB: 1213 deadlock, 1205 lock wait timeout. Both rolled the transaction back.
_AGAIN = frozenset({1213, 1205, 1020})
ATTEMPTS = 6


def retried(work: Callable[[], Result]) -> Result:
    """Run `work` in one transaction; again, after a short random wait, when it lost a deadlock or a lock.

    `work` must be harmless to repeat: it changes rows only, no memory. No network call belongs inside.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if attempt == ATTEMPTS or not _worth_repeating(error):
                raise
            log.warning("transaction repeated", extra={"attempt": attempt, "error": str(error)})
            time.sleep(random.uniform(0.005, 0.03) * 2**attempt)
    raise AssertionError("unreachable")


def _worth_repeating(error: OperationalError) -> bool:
    return (bool(error.args) and error.args[0] in _AGAIN) or "database is locked" in str(error)
