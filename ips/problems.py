"""Errors as `application/problem+json` (RFC 9457), with a `code` that programs can rely on.

{"type": "urn:ips:problem:invalid", "title": "Unprocessable Entity", "status": 422, "detail": "…",
 "code": "invalid", "request_id": "…", "errors": [{"pointer": "images/0", "code": "…", "detail": "…"}]}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypedDict

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response

from ips.database_room import is_full
from ips.request_id import current_request_id

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class FieldError(TypedDict):
    """One thing that is wrong with the input. `pointer` is the path to it: `images/0`; empty for the whole."""

    pointer: str
    code: str
    detail: str


class Problem(exceptions.APIException):
    """An error with a code of its own, raised anywhere below a view."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.errors = list(errors)
        self.wait = retry_after


class Conflict(Problem):
    """The state of the thing forbids what was asked."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(409, code, detail)


class Invalid(Problem):
    """Input that was understood but cannot be used: one error for each thing that is wrong."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(422, "invalid", errors[0]["detail"] if len(errors) == 1 else _count(errors), errors=errors)


def problem_body(status: int, code: str, detail: str, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:ips:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": current_request_id(),
    }
    if errors:
        body["errors"] = list(errors)
    return body


def problem_response(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JsonResponse:
    """A problem from outside DRF: middleware, unknown paths, crashes."""
    return JsonResponse(problem_body(status, code, detail), status=status, content_type=MEDIA_TYPE, headers=headers)


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error it knows, and a database that is away, becomes a problem.

    Anything else returns None and ends as 500 in `ips.error_pages`.
    """
    if isinstance(error, OperationalError | InterfaceError):
        error = database_away(error)
    elif isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, DjangoPermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    media_type = _render_as_json(context.get("request"))
    return Response(_body_of(error), status=_status_of(error), headers=_headers_of(error), content_type=media_type)


def database_away(error: Exception) -> Problem:
    """What to answer when the database failed: it has no room, or it does not answer."""
    if is_full(error):
        text = "The database has no room on its disk. Nothing was changed; try again when some is free."
        return Problem(507, "database_full", text, retry_after=60)
    return Problem(503, "database_unavailable", "The database does not answer. Try again.", retry_after=RETRY_SECONDS)


def _body_of(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, Problem):
        return problem_body(error.status_code, error.code, str(error.detail), error.errors)
    if isinstance(error, exceptions.ValidationError):
        errors = field_errors(error)
        detail = errors[0]["detail"] if len(errors) == 1 else _count(errors)
        return problem_body(422, "invalid", detail, errors)
    if isinstance(error, exceptions.NotFound):
        # One text for what is missing and for what one may not see, whatever the view said.
        return problem_body(404, "not_found", "There is nothing here, or you may not see it.")
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    return problem_body(error.status_code, code, str(error.detail))


def _status_of(error: exceptions.APIException) -> int:
    return 422 if isinstance(error, exceptions.ValidationError) else error.status_code


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _render_as_json(request: Any) -> str | None:
    """Answer in JSON also where the view would give YAML or a page; the browsable API alone shows it its own way."""
    renderer = getattr(request, "accepted_renderer", None)
    if isinstance(renderer, BrowsableAPIRenderer):
        return None
    if renderer is not None:
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type
    return MEDIA_TYPE


def field_errors(error: exceptions.ValidationError) -> list[FieldError]:
    """All that is wrong with the input, flat, each with the path to it."""
    return list(_field_errors(error.get_full_details()))


def _field_errors(details: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """Flatten DRF's nested details. A list is either the messages of one field or one entry per item."""
    if isinstance(details, dict) and isinstance(details.get("message"), str) and "code" in details:
        yield {"pointer": "/".join(path), "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _field_errors(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(details, list):
        for index, inner in enumerate(details):
            is_message = isinstance(inner, dict) and isinstance(inner.get("message"), str)
            yield from _field_errors(inner, path if is_message else (*path, str(index)))


def _count(errors: Sequence[FieldError]) -> str:
    return f"{len(errors)} things are wrong with the request; see errors."
