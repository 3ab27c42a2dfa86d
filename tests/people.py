"""The people of the tests. Their names say what they may do: Ada is admin, Otto operator, Vera viewer of `default`."""

from __future__ import annotations

from accounts.models import Membership, Role, Tenant, User

PASSWORD = "correct horse battery staple"


def person(name: str, role: Role | None = None, tenant: str = "default", *, platform_admin: bool = False) -> User:
    """A user with the password of all test people, and, where a role is given, a membership."""
    user, made = User.objects.get_or_create(
        username=name,
        defaults={"is_platform_admin": platform_admin},
    )
    if made:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    if role is not None:
        team, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
        Membership.objects.get_or_create(user=user, tenant=team, defaults={"role": role})
    return user
