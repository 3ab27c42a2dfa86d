"""How the API learns who is asking: a bearer token, an API key, or the browser's cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.credentials import cookie_of
from accounts.key_check import key_of
from accounts.key_text import PREFIX
from accounts.models import ApiKey, Session, User
from accounts.origin import current_origin
from accounts.request_rate import count_request
from accounts.tokens import session_of
from ips.client_address import client_address
from ips.problems import Problem


class SessionAuthentication(BaseAuthentication):
    """Bearer token or cookie, never both; the token is a session's or an API key.

    1. Two credentials in one request are refused (400): nobody could say whose rights apply.
    2. A session's token must be signed by us and name a session that is alive, of an active user; else 401.
    3. An API key must be good now (accounts.key_check); else 401.
    4. A cookie is sent by the browser unasked, so every unsafe method also needs the CSRF header; else 403.
    """

    def authenticate(self, request: Request) -> tuple[User, Session | ApiKey] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        cookie = cookie_of(request._request)
        if header and cookie:
            raise Problem(
                400, "two_credentials", "Send either an Authorization header or the session cookie, not both."
            )
        if header:
            token = _bearer(header)
            return self._by_key(request, token) if token.startswith(PREFIX) else self._signed_in(request, token)
        if cookie:
            signed_in = self._signed_in(request, cookie)
            _refuse_forgery(request._request)
            return signed_in
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ips"'

    def _signed_in(self, request: Request, token: str) -> tuple[User, Session]:
        session = session_of(token)
        if session is None:
            raise AuthenticationFailed("The session has ended or never was. Sign in again.", code="session_ended")
        session.seen()
        current_origin().signed_in(session.user, session)
        count_request(request._request)
        request._request.__dict__["signed_in_user_id"] = session.user_id  # for the request log
        return session.user, session

    def _by_key(self, request: Request, text: str) -> tuple[User, ApiKey]:
        key = key_of(text, client_address(request._request))
        current_origin().signed_in(key.owner, key)
        count_request(request._request)
        request._request.__dict__["signed_in_user_id"] = key.owner_id
        return key.owner, key


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthenticationFailed("Use: Authorization: Bearer <token>.", code="bad_authorization_header")
    return token.strip()


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        raise PermissionDenied(f"CSRF check failed: {reason}", code="csrf_failed")


def _refuse_forgery(request: HttpRequest) -> None:
    check = _CsrfCheck(lambda _: HttpResponse())
    check.process_request(request)
    check.process_view(request, lambda: HttpResponse(), (), {})
