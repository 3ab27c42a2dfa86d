"""Proxies that IPS does not believe: all who come through one look like one place to throttles and the audit."""

from __future__ import annotations

import json
import logging
import threading
import time
from datetime import datetime
from ipaddress import ip_network
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

from ips.client_address import trusted
from ips.redis_briefly import redis_briefly

log = logging.getLogger(__name__)

KEY = "ips:proxy-not-trusted"
REMEMBERED_SECONDS = 24 * 3600
NOTED_EVERY = 600.0


class Seen(NamedTuple):
    """A request with X-Forwarded-For came from this address, then."""

    address: str
    at: datetime


class Watch:
    """Notes such a request for `doctor`, at most once in ten minutes: a process does nothing else with Redis here."""

    def __init__(self) -> None:
        self._next = 0.0
        self._lock = threading.Lock()

    def look_at(self, request: HttpRequest) -> None:
        peer = request.META.get("REMOTE_ADDR", "")
        if "X-Forwarded-For" not in request.headers or trusted(peer) or not self._is_time():
            return
        log.warning("X-Forwarded-For from an address that is no trusted proxy", extra={"address": peer})
        try:
            with redis_briefly() as redis:
                text = json.dumps({"address": peer, "at": timezone.now().isoformat()})
                redis.set(KEY, text, ex=REMEMBERED_SECONDS)
        except RedisError:
            pass  # the log has it, and the next one is noted

    def _is_time(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return False
            self._next = now + NOTED_EVERY
            return True


watch = Watch()


def seen_lately() -> Seen | None:
    """The last one within a day. Raises RedisError."""
    with redis_briefly() as redis:
        text = redis.get(KEY)
    if not isinstance(text, bytes):
        return None
    told = json.loads(text)
    return Seen(told["address"], datetime.fromisoformat(told["at"]))


def believes_everybody() -> str:
    """The trusted network that every client is in, if there is one: each then chooses its own address."""
    return next((network for network in settings.TRUSTED_PROXIES if ip_network(network).prefixlen == 0), "")
