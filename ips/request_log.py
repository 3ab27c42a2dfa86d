"""One log line for every request to the API: who, what, how it ended, how long it took."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

log = logging.getLogger("ips.request")

# Asked every few seconds by machines; a line each would drown the rest.
QUIET = ("/healthz", "/readyz", "/metrics", "/assets/", "/static/")


class RequestLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = self.get_response(request)
        quiet = request.path.startswith(QUIET) or response.status_code == 304
        level = logging.DEBUG if quiet else logging.ERROR if response.status_code >= 500 else logging.INFO
        log.log(
            level,
            "%s %s %s",
            request.method,
            request.path,
            response.status_code,
            # The query string stays out: people paste secrets into it.
            extra={"ms": round((time.monotonic() - started) * 1000, 1), "user": _user_of(request)},
        )
        return response


def _user_of(request: HttpRequest) -> str | None:
    user_id = getattr(request, "signed_in_user_id", None)
    return None if user_id is None else str(user_id)
