"""Signing in: a name and a password become a session."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

from accounts.hashing import one_hash
from accounts.models import Session, User
from accounts.throttle import Attempt
from ips.client_address import client_address
from ips.problems import Problem


def check_credentials(request: HttpRequest, username: str, password: str) -> User:
    """The active user with this name and password.

    Unknown names, wrong passwords and users who are not active give the same answer (401) after the same work:
    Django's backend hashes the password for a name that nobody has, too. Too many attempts are 429.
    """
    attempt = Attempt(username, client_address(request))
    with one_hash():
        user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        raise Problem(401, "bad_credentials", "The username or the password is wrong.")
    attempt.succeeded()
    return user


def open_session(request: HttpRequest, user: User) -> Session:
    """A session of `IPS_JWT_HOURS`, from now, for whoever sends this request."""
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(last_login=now)
    return Session.objects.create(
        user=user,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=settings.JWT_HOURS),
        ip=client_address(request),
        user_agent=request.headers.get("User-Agent", "")[:200],
    )


def is_password_of(request: HttpRequest, user: User, password: str) -> bool:
    """Whether the user knows the own password; counted like a sign-in, for a stolen session guesses as well."""
    attempt = Attempt(user.username, client_address(request))
    with one_hash():
        right = user.check_password(password)
    if right:
        attempt.succeeded()
    return right
