"""`permissions.yaml`, read once at start. A file that cannot be understood stops the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from accounts.models import Role, Scope

FILE = Path(__file__).with_name("permissions.yaml")


class Who(StrEnum):
    """The least that somebody must be. What each means stands at the top of the file."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    OWNER = "owner"
    OWNER_OR_ADMIN = "owner or admin"
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    PLATFORM_ADMIN = "platform admin"


@dataclass(frozen=True)
class Permission:
    """What may be done by whom, by which routes."""

    name: str
    who: Who
    key: Scope | None  # None: not by an API key
    routes: tuple[str, ...]  # "GET task-list"

    @property
    def role(self) -> Role | None:
        """The least role in a tenant, where one is what counts."""
        return Role(self.who) if self.who in Role.values else None

    def covers(self, asked: str) -> bool:
        return any(fnmatchcase(asked, route) for route in self.routes)


class Unreadable(ValueError):
    """The file says something that has no meaning."""


def read(text: str) -> tuple[Permission, ...]:
    """All permissions of a file. Raises Unreadable for an unknown word, and for a route that is named twice."""
    permissions = tuple(_permission(str(name), said) for name, said in yaml.safe_load(text).items())
    named = [route for permission in permissions for route in permission.routes]
    if twice := sorted({route for route in named if named.count(route) > 1}):
        raise Unreadable(f"{FILE.name}: named twice: {', '.join(twice)}.")
    return permissions


def _permission(name: str, said: Mapping[str, Any]) -> Permission:
    if said.keys() != {"who", "key", "routes"}:
        raise Unreadable(f"{FILE.name}: {name} must have who, key and routes, and has {', '.join(said)}.")
    try:
        key = None if said["key"] == "none" else Scope(said["key"])
        return Permission(name, Who(said["who"]), key, tuple(str(route) for route in said["routes"]))
    except ValueError as error:
        raise Unreadable(f"{FILE.name}: {name}: {error}.") from error


PERMISSIONS = read(FILE.read_text(encoding="utf-8"))
# What not everybody may: the UI shows by these names what can be done.
GRANTED = tuple(permission for permission in PERMISSIONS if permission.role or permission.who == Who.PLATFORM_ADMIN)


@cache
def permission_for(method: str, route: str) -> Permission | None:
    """The permission that opens this; an entry that names it wins over a pattern."""
    asked = f"{method} {route}"
    exact = (permission for permission in PERMISSIONS if asked in permission.routes)
    return next(exact, None) or next((one for one in PERMISSIONS if one.covers(asked)), None)


def idle_entries(asked: Iterable[str]) -> list[str]:
    """Entries of the file that name nothing of all that can be asked."""
    known = list(asked)
    entries = [route for permission in PERMISSIONS for route in permission.routes]
    return [entry for entry in entries if not any(fnmatchcase(one, entry) for one in known)]
