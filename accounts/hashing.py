"""Hashing passwords and keys is slow on purpose: only so many at once, so that everybody else's requests go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from ips.problems import Problem

# A hash takes a core for a fifth of a second; more of them at once would starve all other requests of the process.
_hashing = BoundedSemaphore(4)


@contextmanager
def one_hash() -> Iterator[None]:
    """Room for one hash. Raises 429 when four are being made."""
    if not _hashing.acquire(blocking=False):
        raise Problem(429, "throttled", "Too many people are signing in. Try again in a second.", retry_after=1)
    try:
        yield
    finally:
        _hashing.release()
