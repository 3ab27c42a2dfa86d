"""Keys that anybody could guess stop the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

MIN_BYTES = 32
REMEDY = "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


def check_keys(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """IPS_JWT_KEY and IPS_SECRET_KEY: both given, at least 32 bytes, not the same, not one letter repeated."""
    errors: list[CheckMessage] = [
        Error(f"{name} must be at least {MIN_BYTES} random bytes.", hint=REMEDY, id=f"accounts.E00{number}")
        for number, (name, key) in enumerate(
            [("IPS_SECRET_KEY", settings.SECRET_KEY), ("IPS_JWT_KEY", settings.JWT_KEY)], start=1
        )
        if len(key.encode()) < MIN_BYTES or len(set(key)) < 8
    ]
    if settings.JWT_KEY == settings.SECRET_KEY and not errors:
        errors.append(Error("IPS_JWT_KEY must not be the same as IPS_SECRET_KEY.", hint=REMEDY, id="accounts.E003"))
    return errors


def refuse_weak_keys() -> None:
    for error in check_keys():
        raise ImproperlyConfigured(f"{error.msg} {error.hint}")
