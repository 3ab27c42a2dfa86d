"""Transactions that are tried again when the database asks for it, and statements that outlast its absence."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# MariaDB: 1213 deadlock, 1205 lock wait timeout. Both rolled the transaction back.
_AGAIN = frozenset({1213, 1205, 1020})
ATTEMPTS = 6

# The database did not answer, or broke off: nobody knows whether what was sent last was carried out.
AWAY = (OperationalError, InterfaceError)


def retried(work: Callable[[], Result]) -> Result:
    """Run `work` in one transaction; again, after a short random wait, when it lost a deadlock or a lock.

    `work` must be harmless to repeat: it changes rows only, no memory. No network call belongs inside. Within another
    transaction nothing is repeated here: a lost one is lost whole, and who began it decides.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    deadline = time.monotonic() + 2 * settings.DB_LOCK_SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if attempt == ATTEMPTS or time.monotonic() > deadline or not _worth_repeating(error):
                raise
            log.warning("transaction repeated", extra={"attempt": attempt, "error": str(error)})
            time.sleep(random.uniform(0.005, 0.03) * 2**attempt)
    raise AssertionError("unreachable")


def outlast(work: Callable[[], Result], seconds: float, stopping: threading.Event) -> Result:
    """Run a statement that is harmless to repeat, each time on a new connection, until the database answers.

    Raises what it said last after so many seconds, or as soon as we are to stop.
    """
    deadline = time.monotonic() + seconds
    for attempt in count(1):
        connection.close()
        try:
            return work()
        except AWAY:
            wait = random.uniform(0.5, 1.0) * min(2.0, 0.05 * 2**attempt)
            if time.monotonic() + wait > deadline or stopping.wait(wait):
                raise
    raise AssertionError("unreachable")


def _worth_repeating(error: OperationalError) -> bool:
    return (bool(error.args) and error.args[0] in _AGAIN) or "database is locked" in str(error)
