"""Who is signed in, for the pages that are not the API's: Django's admin and the RQ pages."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.credentials import session_from_cookie
from accounts.models import User


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
    request.__dict__["signed_in_user_id"] = session.user_id
    return session.user
