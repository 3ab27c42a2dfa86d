"""The first platform administrator of an installation."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Membership, Role, Tenant, User
from accounts.passwords import random_password
from accounts.permissions import DEFAULT_TENANT

USERNAME = "admin"


def first_administrator() -> tuple[str, str] | None:
    """Make the user `admin` with a random password, if no platform administrator exists; else do nothing.

    Returns name and password, which exist in clear only in what is returned. A user `admin` who is no administrator
    is left alone, and the name gets a number.
    """
    with transaction.atomic():
        # The tenant's row is what two bootstraps at the same time queue up for.
        tenant = Tenant.objects.select_for_update().get(slug=DEFAULT_TENANT)
        if User.objects.filter(is_platform_admin=True).exists():
            return None
        taken = set(User.objects.filter(username__startswith=USERNAME).values_list("username", flat=True))
        free = (name for number in range(len(taken) + 1) if (name := USERNAME + (str(number) if number else "")))
        username = next(name for name in free if name not in taken)
        password = random_password()
        user = User(username=username, is_platform_admin=True)
        user.set_password(password)
        user.save()
        Membership.objects.create(user=user, tenant=tenant, role=Role.ADMIN)
    return username, password
