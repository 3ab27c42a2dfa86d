"""Everybody who may ask: each role, and each credential that is good no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.api_keys import make_key, revoke_key
from accounts.audit import By
from accounts.models import Membership, Role, Scope, Session, Tenant, User
from accounts.tokens import token_for
from tests.people import person

OURS, THEIRS = "default", "rivals"
BY = By(None, "cli:test")


@dataclass(frozen=True)
class Caller:
    """Somebody, what he is by what was written for him here, and a client that bears the credential."""

    name: str
    client: APIClient
    user: User | None = None
    roles: dict[str, Role] = field(default_factory=dict)
    platform_admin: bool = False
    scopes: frozenset[Scope] | None = None  # None: not an API key
    enters: bool = True


def everybody() -> list[Caller]:
    return [made(name) for name, made in CALLERS.items()]


def root(name: str) -> Caller:
    user = person("root", platform_admin=True)
    return Caller(name, bearing(user), user, {OURS: Role.ADMIN, THEIRS: Role.ADMIN}, platform_admin=True)


def member(**roles: Role) -> Callable[[str], Caller]:
    """Somebody with these roles, by tenant."""

    def make(name: str) -> Caller:
        user = person(name.replace(" ", "_"))
        for slug, role in roles.items():
            Membership.objects.create(user=user, tenant=Tenant.objects.get(slug=slug), role=role)
        return Caller(name, bearing(user), user, roles)

    return make


def key(*scopes: Scope, platform_admin: bool = False) -> Callable[[str], Caller]:
    """A key of an admin of our tenant."""

    def make(name: str) -> Caller:
        owner = person("root", platform_admin=True) if platform_admin else person("ada", Role.ADMIN, OURS)
        _, text = make_key(owner, Tenant.objects.get(slug=OURS), name, BY, scopes=scopes)
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")
        return Caller(name, client, owner, {OURS: Role.ADMIN}, scopes=frozenset({Scope.READ, *scopes}))

    return make


def disabled(name: str) -> Caller:
    user = person("gone", Role.ADMIN, OURS)
    client = bearing(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    return Caller(name, client, user, enters=False)


def expired(name: str) -> Caller:
    user = person("ada", Role.ADMIN, OURS)
    return Caller(name, bearing(user, lasts=timedelta(seconds=-1)), user, enters=False)


def ended(name: str) -> Caller:
    user = person("ada", Role.ADMIN, OURS)
    client = bearing(user)
    Session.objects.filter(user=user).end()
    return Caller(name, client, user, enters=False)


def revoked(name: str) -> Caller:
    made, text = make_key(person("ada", Role.ADMIN, OURS), Tenant.objects.get(slug=OURS), name, BY)
    revoke_key(made, BY)
    return Caller(name, APIClient(HTTP_AUTHORIZATION=f"Bearer {text}"), enters=False)


def nobody(name: str) -> Caller:
    return Caller(name, APIClient(), enters=False)


def bearing(user: User, lasts: timedelta = timedelta(hours=1)) -> APIClient:
    session = Session.objects.create(user=user, expires_at=timezone.now() + lasts)
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token_for(session)}")


CALLERS: dict[str, Callable[[str], Caller]] = {
    "platform admin": root,
    "admin": member(default=Role.ADMIN),
    "operator": member(default=Role.OPERATOR),
    "viewer": member(default=Role.VIEWER),
    "admin of another tenant": member(rivals=Role.ADMIN),
    "viewer here, admin there": member(default=Role.VIEWER, rivals=Role.ADMIN),
    "member of no tenant": member(),
    "read-only key": key(Scope.READ),
    "key for tasks": key(Scope.TASKS),
    "key for everything": key(Scope.TASKS, Scope.MANAGE),
    "key of a platform admin": key(Scope.TASKS, Scope.MANAGE, platform_admin=True),
    "disabled user": disabled,
    "expired token": expired,
    "ended session": ended,
    "revoked key": revoked,
    "nobody": nobody,
}
