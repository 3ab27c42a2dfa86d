"""How often one credential may ask: a client that runs wild gets 429, and everybody else their answers.

Counted in the memory of each web process, by session or API key, a minute at a time: losing the count costs nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import Throttled

from accounts.origin import current_origin

WINDOW_SECONDS = 60
REMEMBERED = 10_000  # credentials; the one that has asked least lately is forgotten first


@dataclass(frozen=True)
class Allowance:
    """What is left to a credential in this minute."""

    limit: int
    left: int
    seconds: int  # until the next minute begins

    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers-11."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"default";r={max(self.left, 0)};t={self.seconds}',
        }


class _Counts:
    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, who: str, limit: int) -> Allowance:
        now = time.monotonic()
        with self._lock:
            began, asked = self._counts.pop(who, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, asked = now, 0
            self._counts[who] = (began, asked + 1)
            if len(self._counts) > REMEMBERED:
                self._counts.popitem(last=False)
        return Allowance(limit, limit - asked - 1, math.ceil(WINDOW_SECONDS - (now - began)))


_counts = _Counts()


def count(who: str, limit: int) -> Allowance:
    """Count one request more of whoever this is; what is left of the minute, below 0 when there were too many."""
    return _counts.count(who, limit)


def count_request(request: HttpRequest) -> None:
    """Count this one for its credential, of which `IPS_REQUESTS_PER_MINUTE` are answered; 0 means any number.

    Raises Throttled (429). Asked as soon as the credential is known, so that what is refused counts as well.
    """
    limit, who = settings.REQUESTS_PER_MINUTE, current_origin().credential
    if not limit or not who:
        return
    allowance = _counts.count(who, limit)
    request.__dict__["allowance"] = allowance
    if allowance.left < 0:
        raise Throttled(allowance.seconds)


class RateLimitHeaders:
    """Every answer to who is signed in says what is left of the minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        allowance: Allowance | None = getattr(request, "allowance", None)
        for name, value in (allowance.headers() if allowance else {}).items():
            response[name] = value
        return response
