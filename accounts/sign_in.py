"""Signing in: a name and a password become a session."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import By
from accounts.models import Session, SessionQuerySet, User
from accounts.origin import current_origin
from accounts.throttle import Attempt
from ips.client_address import client_address
from ips.problems import Problem
from ips.request_id import current_request_id


def check_credentials(request: HttpRequest, username: str, password: str) -> User:
    """The active user with this name and password.

    Unknown names, wrong passwords and users who are not active give the same answer (401) after the same work:
    Django's backend hashes the password for a name that nobody has, too. Too many attempts are 429.
    """
    attempt = Attempt(username, client_address(request))
    with attempt.one_hash():
        user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise _refused(username)
    attempt.succeeded()
    return user


def open_session(request: HttpRequest, user: User) -> Session:
    """A session of `IPS_JWT_HOURS`, from now, for whoever sends this request.

    Raises 401 when the user got another password or was disabled after the password was checked: that ended all
    sessions, and there shall be no later one by the old password.
    """
    now = timezone.now()
    user_agent = request.headers.get("User-Agent", "")[:200]
    with transaction.atomic():
        still = User.objects.filter(pk=user.pk, password=user.password, is_active=True).update(last_login=now)
        if still:
            session = _new_session(user, now, client_address(request), user_agent)
            current_origin().signed_in(user, session)
            By(user, user.get_username(), current_request_id()).audit("session.opened", str(session.pk))
    if not still:
        raise _refused(user.get_username())
    return session


def end_sessions(sessions: SessionQuerySet, by: By) -> int:
    """Sign these places out, from the next request on; how many were signed in."""
    with transaction.atomic():
        living = list(sessions.filter(ended_at=None).select_related("user"))
        for session in living:
            by.audit("session.ended", str(session.pk), before={"user": session.user.get_username()})
        return Session.objects.filter(pk__in=[session.pk for session in living]).end()


def _refused(username: str) -> Problem:
    By(None, username, current_request_id()).audit("session.refused", username, refused="bad_credentials")
    return Problem(401, "bad_credentials", "The username or the password is wrong.")


def _new_session(user: User, now: datetime, ip: str | None, user_agent: str) -> Session:
    return Session.objects.create(
        user=user,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=settings.JWT_HOURS),
        ip=ip,
        user_agent=user_agent,
    )


def is_password_of(request: HttpRequest, user: User, password: str) -> bool:
    """Whether the user knows the own password; counted like a sign-in, for a stolen session guesses as well."""
    attempt = Attempt(user.username, client_address(request))
    with attempt.one_hash():
        right = user.check_password(password)
    if right:
        attempt.succeeded()
    return right
