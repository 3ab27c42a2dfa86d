"""Errors outside of DRF: problems as JSON under /api, a plain sentence elsewhere. No stack, no path, no template."""

from __future__ import annotations

from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from ips.problems import database_away, problem_response
from ips.request_id import current_request_id


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "bad_request", "The request could not be understood.")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "csrf_failed", f"CSRF check failed: {reason}")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "permission_denied", "You may not do this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is nothing here, or you may not see it.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "internal_error", "Something went wrong on our side. The log has the request id.")


class DatabaseAwayMiddleware:
    """A database that does not answer is 503, a full one 507, with Retry-After, in views that are not DRF's too."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        problem = database_away(exception)
        answer = _answer(request, problem.status_code, problem.code, str(problem.detail))
        answer["Retry-After"] = str(problem.wait)
        return answer


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem_response(status, code, detail)
    text = f"{status}: {detail}\nRequest {current_request_id()}\n"
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
