"""Waiting for a real cluster: every look costs a process or some requests, so it looks four times a second."""

import time
from collections.abc import Callable

BETWEEN_LOOKS = 0.25  # seconds


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Return as soon as the condition holds; fail with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for: {what}")
        time.sleep(BETWEEN_LOOKS)
