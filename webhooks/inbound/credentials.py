"""Tokens and secrets of hooks: made at random, shown once, kept as hashes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime

from django.db.models import Q

from webhooks.models import RegistryHook

TOKEN, SECRET = "hook_", "hooksec_"  # what they begin with, so that scanners of repositories know them
LONGEST = 200


def new_token() -> str:
    return TOKEN + secrets.token_urlsafe(32)


def new_secret() -> str:
    return SECRET + secrets.token_urlsafe(32)


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hook_of(token: str, now: datetime) -> RegistryHook | None:
    """The hook with this token, or with this one as its earlier token that is still good."""
    if len(token) > LONGEST or not token.isascii():
        return None
    mine = hashed(token)
    good = Q(token_hash=mine) | Q(old_token_hash=mine, old_token_until__gt=now)
    return RegistryHook.objects.select_related("tenant").filter(good).first()


def is_secret_of(hook: RegistryHook, header: str, now: datetime) -> bool:
    """Whether the header Authorization holds the hook's secret, or the earlier one while that is good.

    As registries can send it: alone, after `Bearer`, or as the password of `Basic`. Every hash is compared, each in
    the same time.
    """
    given = hashed(_secret_in(header))
    good = [hook.secret_hash]
    if hook.old_secret_until and hook.old_secret_until > now:
        good.append(hook.old_secret_hash)
    found = [hmac.compare_digest(given, one) for one in good]
    return any(found)


def _secret_in(header: str) -> str:
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return header.strip()
