"""Where requests come from, and who is signed in on pages that are not the API's: Django's admin and the RQ pages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.audit import By
from accounts.credentials import session_from_cookie
from accounts.models import User
from accounts.origin import Origin, coming_from, current_origin
from ips import proxies
from ips.client_address import client_address
from ips.logs import without_secrets
from ips.request_id import current_request_id

log = logging.getLogger(__name__)
READING = ("GET", "HEAD", "OPTIONS", "TRACE")


class OriginMiddleware:
    """Remember where the request comes from, and note in the audit when somebody may not write what it wants to.

    What one may not see is answered like what is missing (404), so that is noted as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies.watch.look_at(request)
        with coming_from(client_address(request)) as origin:
            response = self.get_response(request)
            if request.method not in READING and response.status_code in (403, 404) and origin.user:
                _note_refusal(request, response, origin)
        return response


def _note_refusal(request: HttpRequest, response: HttpResponse, origin: Origin) -> None:
    assert origin.user is not None
    code = str((getattr(response, "data", None) or {}).get("code", "forbidden"))
    name = origin.user.get_username()
    actor = f"{name} (key {origin.key.name})" if origin.key else name
    try:
        tenant = origin.key.tenant if origin.key else None
        asked = without_secrets(f"{request.method} {request.path}")
        By(origin.user, actor, current_request_id()).audit("request.refused", asked, tenant=tenant, refused=code)
    except DatabaseError as error:  # the answer is a no all the same
        log.warning("a refusal is missing in the audit", extra={"error": str(error)})


class SignedInMiddleware(AuthenticationMiddleware):
    """`request.user` from our own session cookie instead of Django's: one sign-in, one table of sessions.

    Looked up only when a view asks. The API authenticates by itself (`accounts.authentication`); CSRF on these
    pages is checked by Django's middleware.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.user = cast(User, SimpleLazyObject(lambda: _user_of(request)))


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    session = session_from_cookie(request)
    if session is None:
        return AnonymousUser()
    session.seen()
    current_origin().signed_in(session.user, session)
    request.__dict__["signed_in_user_id"] = session.user_id
    return session.user
