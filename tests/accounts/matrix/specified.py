"""What permissions.yaml says of one cell: who asks, by which permission, about what. Written from its words alone."""

from __future__ import annotations

from enum import Enum

from accounts.matrix import Permission, Who
from accounts.models import Role
from tests.accounts.matrix.callers import OURS, THEIRS, Caller

LET_IN = 200  # or whatever says that somebody was let in: 202, 409, 422
RANK = [Role.VIEWER, Role.OPERATOR, Role.ADMIN]


class About(Enum):
    """What a request names, in its path or its body."""

    NOTHING = "nothing"
    OWN = "one's own"
    OURS = OURS
    THEIRS = THEIRS
    MISSING = "what does not exist"


def specified(permission: Permission | None, caller: Caller, about: About, *, in_path: bool) -> int:
    """The status, LET_IN for all that let in."""
    if permission and permission.who == Who.ANYONE:
        return 404 if in_path else LET_IN  # what is named there is a secret, and no id is one
    if not caller.enters:
        return 401
    if permission is None:
        return 405
    if permission.who == Who.PLATFORM_ADMIN and not caller.platform_admin:
        return 403
    if caller.scopes is not None and permission.key not in caller.scopes:
        return 403
    if about == About.NOTHING:
        return LET_IN if permission.role is None or reaches(permission.role, caller.roles.values()) else 403
    if permission.role and not in_path and not reaches(permission.role, caller.roles.values()):
        return 403
    return of_a_thing(permission, caller, about)


def of_a_thing(permission: Permission, caller: Caller, about: About) -> int:
    role = caller.roles.get(about.value)
    if about == About.MISSING:
        return 404
    if permission.who in (Who.OWNER, Who.OWNER_OR_ADMIN):
        admin = permission.who == Who.OWNER_OR_ADMIN and role == Role.ADMIN
        return LET_IN if about == About.OWN or admin else 404
    if permission.role:
        if role is None:
            return 404
        return LET_IN if reaches(permission.role, [role]) else 403
    return LET_IN


def reaches(needed: Role, roles: object) -> bool:
    return any(RANK.index(role) >= RANK.index(needed) for role in roles)  # type: ignore[attr-defined]
