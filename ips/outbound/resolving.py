"""Names to addresses, within a time: the system's resolver cannot be interrupted, so it is left behind."""

from __future__ import annotations

import queue
import socket
import threading
from ipaddress import ip_address

from ips.outbound.addresses import Address


def addresses_of(name: str) -> list[Address]:
    """All addresses of a full name. The dot at the end keeps search domains out: `redis.` is not our Redis.

    Raises OSError.
    """
    found = socket.getaddrinfo(f"{name}.", None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


def in_time(name: str, seconds: float) -> list[Address]:
    """The same, or TimeoutError."""
    answers: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(addresses_of(name))
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer
