"""What stops the start: keys that anybody could guess, and routes of which nobody said who may use them."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from accounts.matrix import idle_entries, permission_for
from accounts.routes import all_routes

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


def check_permissions(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every route is in permissions.yaml by each of its methods, and everything there is a route."""
    asked = [one for route in all_routes() for one in route.asked()]
    hint = "Add it to the `routes` of the permission that it needs, or make one: a name with `who`, `key` and `routes`."
    errors: list[CheckMessage] = [
        Error(f'"{one}" is in no permission of accounts/permissions.yaml.', hint, id="accounts.E004")
        for one in asked
        if permission_for(*one.split(" ", 1)) is None
    ]
    for entry in idle_entries(asked):
        errors.append(Error(f'"{entry}" of accounts/permissions.yaml is no route.', "Take it out.", id="accounts.E005"))
    return errors


def check_proxies(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """IPS_TRUSTED_PROXIES names networks: what is none would fail at every request."""
    errors: list[CheckMessage] = []
    for network in settings.TRUSTED_PROXIES:
        try:
            ip_network(network)
        except ValueError as wrong:
            hint = "Name networks like 10.0.0.0/8, or single addresses, separated by commas."
            errors.append(Error(f"IPS_TRUSTED_PROXIES: {wrong}.", hint=hint, id="accounts.E006"))
    return errors


def refuse_to_serve() -> None:
    for error in [*check_keys(), *check_permissions(), *check_proxies()]:
        raise ImproperlyConfigured(f"{error.msg} {error.hint}")
