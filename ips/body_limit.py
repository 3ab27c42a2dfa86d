"""Requests larger than any we expect are refused before they are read."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ips.problems import problem_response


class BodyLimitMiddleware:
    """413 for a body above the limit. A body without Content-Length counts as empty (Django never reads it)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.MAX_BODY_BYTES:
            limit = settings.MAX_BODY_BYTES // 1024
            return problem_response(413, "body_too_large", f"The body is larger than {limit} KiB.")
        return self.get_response(request)
