"""`Idempotency-Key`: a client that got no answer asks again, and what it asked for is done once.

draft-ietf-httpapi-idempotency-key-header-07, in these words:

1. The same key with the same request gets the same answer, for 24 hours, with `Idempotent-Replayed: true`.
2. With another request it is refused (422), and while the first is at work (409, with Retry-After).
3. What failed is forgotten: it changed nothing, and a corrected request may use the key again.
4. Who may not do it any more gets no answer of earlier days either.

The answer is written in the transaction of what it tells: after a crash either both are there or neither is.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey, IdempotentRequest, User
from accounts.permissions import asked_permission, tenant_for
from ips.problems import Conflict, Problem
from prewarm.crash_points import crash_point

USABLE = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
KEPT = timedelta(hours=24)
HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,128}$"},
    OpenApiParameter.HEADER,
    description="Up to 128 visible ASCII characters. Asked again with the same key within 24 h, it is done once.",
)

View = TypeVar("View")
Rest = ParamSpec("Rest")
Handler = Callable[Concatenate[View, Request, Rest], Response]


def idempotent(handler: Handler[View, Rest]) -> Handler[View, Rest]:
    """Let a client that names an `Idempotency-Key` repeat this request without doing it twice."""
    return _guarded(handler, secret=False)


def idempotent_with_secret(handler: Handler[View, Rest]) -> Handler[View, Rest]:
    """Like `idempotent`, but the answer holds what is shown once, so it is not kept: asked again, it is a 409."""
    return _guarded(handler, secret=True)


def _guarded(handler: Handler[View, Rest], *, secret: bool) -> Handler[View, Rest]:
    @wraps(handler)
    def guarded(view: View, request: Request, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not USABLE.fullmatch(key):
            raise Problem(400, "invalid_idempotency_key", "An Idempotency-Key is 1 to 128 visible ASCII characters.")
        claim = _claim(request, key)
        if claim.status is not None:
            _refuse_who_may_not_any_more(view, request)
            return _told_again(claim)
        crash_point("request_claimed", key)
        try:
            with transaction.atomic():
                response = handler(view, request, *args, **kwargs)
                _keep(claim, response, secret=secret)
                crash_point("request_kept", key)
            crash_point("request_done", key)
        except BaseException:
            with suppress(DatabaseError):  # else it is taken for abandoned a little later
                _mine(claim).delete()
            raise
        return response

    return cast(Handler[View, Rest], extend_schema(parameters=[HEADER])(guarded))


def _claim(request: Request, key: str) -> IdempotentRequest:
    """The row of this key: ours to work on when its status is empty, else one that has the answer."""
    now, asked = timezone.now(), _fingerprint(request)
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(caller=_caller(request), key=key, asked=asked, claimed_at=now)
    except IntegrityError:
        pass
    there = IdempotentRequest.objects.filter(caller=_caller(request), key=key).first()
    if there is None:
        raise _at_work()  # it failed just now
    if there.claimed_at < now - (_abandoned() if there.status is None else KEPT):
        fresh = {"token": uuid.uuid4(), "asked": asked, "claimed_at": now, "status": None}
        if not _mine(there).update(**fresh):
            raise _at_work()
        return IdempotentRequest.objects.get(pk=there.pk)
    if there.asked != asked:
        raise Problem(422, "idempotency_key_reused", "Another request had this Idempotency-Key. Use a new one.")
    if there.status is None:
        raise _at_work()
    return there


def _keep(claim: IdempotentRequest, response: Response, *, secret: bool) -> None:
    """Write the answer down, unless the claim was taken over: then all that was done here is undone."""
    body = "" if secret else JSONRenderer().render(response.data).decode()
    location = response.headers.get("Location", "")
    if not _mine(claim).update(status=response.status_code, body=body, location=location):
        raise _at_work()


def _refuse_who_may_not_any_more(view: object, request: Request) -> None:
    """An answer is told again to who may do now what it was about; else 403 or 404, as to whoever asks anew.

    The view's own permission was asked for before. A thing that is named must be there, and a tenant, too.
    """
    if getattr(view, "kwargs", None):
        cast(Any, view).get_object()
    elif (permission := asked_permission(request)) and permission.role:
        tenant_for(request, str(cast(dict[str, Any], request.data).get("tenant") or ""))


def _told_again(kept: IdempotentRequest) -> Response:
    if not kept.body:
        made = f" ({kept.location})" if kept.location else ""
        detail = f"This was done before{made}, and its secret was shown then. Make a new one if it is lost."
        raise Conflict("secret_was_shown", detail)
    headers = {"Idempotent-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(json.loads(kept.body), status=kept.status, headers=headers)


def _abandoned() -> timedelta:
    """Far longer than a request takes: whoever claimed the key was killed."""
    return timedelta(seconds=settings.REQUEST_ABANDONED_SECONDS)


def _mine(claim: IdempotentRequest) -> Any:
    return IdempotentRequest.objects.filter(pk=claim.pk, token=claim.token)


def _caller(request: Request) -> str:
    """Keys of one credential mean nothing to another: an API key may see less than its owner."""
    return f"key {request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user {cast(User, request.user).pk}"


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _at_work() -> Problem:
    detail = "The first request with this Idempotency-Key is still at work. Ask again for its answer."
    return Problem(409, "request_in_flight", detail, retry_after=1)
