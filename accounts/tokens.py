"""Tokens: what a session looks like in a header or a cookie.

A token says who (`sub`) and which session (`sid`), never what the bearer may do: role, membership and the session
itself are read from the database on every request.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.models import Session

ISSUER = "ips"
AUDIENCE = "ips-api"
LEEWAY = timedelta(seconds=30)
CLAIMS = frozenset({"sub", "sid", "jti", "iat", "exp"})


def token_for(session: Session) -> str:
    """The signed token of a session. It expires when the session does."""
    return str(
        _backend().encode(
            {
                "sub": str(session.user_id),
                "sid": str(session.pk),
                "jti": uuid.uuid4().hex,
                "iat": int(session.created_at.timestamp()),
                "exp": int(session.expires_at.timestamp()),
            }
        )
    )


def session_of(token: str) -> Session | None:
    """The living session that a token names, with its user; None when the token opens nothing (any more)."""
    try:
        claims = _backend().decode(token)
        if not claims.keys() >= CLAIMS:
            return None
        sid, sub = uuid.UUID(claims["sid"]), uuid.UUID(claims["sub"])
    except (TokenBackendError, ValueError, TypeError, AttributeError):
        return None
    return Session.objects.alive().select_related("user").filter(pk=sid, user_id=sub).first()


def _backend() -> Any:  # the library's annotation asks for a Token where it wants the text of one
    # HS256 and nothing else, whatever a token's own header says.
    return TokenBackend("HS256", settings.JWT_KEY, audience=AUDIENCE, issuer=ISSUER, leeway=LEEWAY)
