"""One-time links by which people set their own password, the first or a new one. Nobody else learns it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.audit import By
from accounts.hashing import one_hash
from accounts.models import ResetLink, Session, User
from accounts.passwords import check_password
from ips.problems import Problem

LASTS = timedelta(hours=24)
PATH = "/reset-password"


def make_link(user: User, by: By) -> tuple[ResetLink, str]:
    """A new link for this user; earlier ones open nothing any more. Returns its row, and the path with its secret.

    The secret stands behind a #, which browsers send to nobody: it is in no log of any proxy.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        close_links(user)
        link = ResetLink.objects.create(user=user, secret_hash=_hash(secret), expires_at=timezone.now() + LASTS)
        by.audit("user.reset_link_made", user.username)
    return link, f"{PATH}#{secret}"


def use_link(secret: str, password: str) -> User:
    """Set the password of the link's user, once. All sessions of the user end.

    Raises Invalid (422, at `new`) for a bad password, which does not use the link up; Problem 410 for a link that was
    used, has expired, or never was, and for users who are disabled: all told alike.
    """
    link = ResetLink.objects.select_related("user").filter(secret_hash=_hash(secret)).first()
    if link is None or link.used_at or link.expires_at <= timezone.now() or not link.user.is_active:
        raise _gone()
    check_password(password, link.user, pointer="new")
    with one_hash():
        new = make_password(password)
    with transaction.atomic():
        if not ResetLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
            raise _gone()
        close_links(link.user)
        User.objects.filter(pk=link.user_id).update(password=new)
        Session.objects.filter(user=link.user_id).end()
        By(link.user, link.user.username).audit("user.password_set", link.user.username, after={"by": "reset link"})
    return link.user


def close_links(user: User) -> None:
    """Links of this user that nobody has used open nothing any more."""
    ResetLink.objects.filter(user=user, used_at=None).delete()


def _gone() -> Problem:
    detail = "This link was used, has expired or never was. Ask an administrator for a new one."
    return Problem(410, "link_is_over", detail)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()  # of 256 random bits: nothing to guess
