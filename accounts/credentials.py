"""Which session a request comes with, by header or by cookie. Every way in (API, admin, browsable API) asks here."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import Session
from accounts.tokens import session_of, token_for


def cookie_name() -> str:
    """`__Host-` makes the browser refuse the cookie from anything but this host over https."""
    return "__Host-ips_session" if settings.HTTPS else "ips_session"


def cookie_of(request: HttpRequest) -> str:
    return request.COOKIES.get(cookie_name(), "")


def session_from_cookie(request: HttpRequest) -> Session | None:
    """The living session of the request's cookie. Who relies on it must check CSRF for everything that writes."""
    token = cookie_of(request)
    return session_of(token) if token else None


def give_cookie(response: HttpResponse, session: Session) -> None:
    """Hand the session to a browser, where no script can read it and no other site can send it."""
    response.set_cookie(
        cookie_name(),
        token_for(session),
        expires=session.expires_at,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Strict",
    )


def take_cookie(response: HttpResponse) -> None:
    # delete_cookie cannot say httponly; a browser matches a cookie by name, path and domain only.
    response.set_cookie(cookie_name(), "", max_age=0, httponly=True, secure=settings.HTTPS, samesite="Strict")
