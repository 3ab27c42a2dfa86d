"""permissions.yaml itself: what it may never say, in the words of the design, and what it does not understand."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.matrix import PERMISSIONS, Permission, Unreadable, Who, permission_for, read
from accounts.models import Role, Scope, Tenant
from accounts.permissions import Rights
from tests.people import person

GOOD = "tasks.read: {who: viewer, key: read, routes: [GET task-list]}"


def writes(permission: Permission) -> list[str]:
    return [route for route in permission.routes if not route.startswith(("GET ", "* "))]


def named(*who: Who) -> set[str]:
    return {permission.name for permission in PERMISSIONS if permission.who in who}


def test_viewers_change_nothing_but_what_is_their_own() -> None:
    assert {one.name for one in PERMISSIONS if one.who == Who.VIEWER and writes(one)} == {"keys.make"}


def test_operators_manage_the_tasks_the_policies_and_the_image_library_of_their_tenant_and_nothing_else() -> None:
    assert named(Who.OPERATOR) == {
        "tasks.operate",
        "image-lists.write",
        "policies.manage",
        "webhooks.read",
        "deliveries.read",
        "deliveries.redeliver",
        "registry-hooks.read",
    }


def test_admins_manage_who_belongs_to_their_tenant_and_see_what_was_done_there() -> None:
    assert named(Who.ADMIN) == {
        "members.read",
        "members.manage",
        "audit.read",
        "webhooks.manage",
        "registry-hooks.manage",
    }


def test_what_concerns_the_installation_is_for_platform_administrators() -> None:
    assert named(Who.PLATFORM_ADMIN) == {
        "tasks.urgent",
        "webhooks.everywhere",
        "tenants.manage",
        "users.manage",
        "settings.manage",
        "admin-site",
    }


def test_what_is_a_persons_own_is_for_nobody_else() -> None:
    assert named(Who.OWNER) == {"sessions.manage", "keys.rotate"}
    assert named(Who.OWNER_OR_ADMIN) == {"keys.manage"}
    assert named(Who.SIGNED_IN) == {"account.read", "account.manage", "documentation.read"}


def test_only_the_way_in_the_probes_and_what_has_a_secret_of_its_own_are_open() -> None:
    assert named(Who.ANYONE) == {"sign-in", "probes", "hooks.receive"}


def test_a_key_that_reads_writes_nothing_and_one_for_tasks_only_tasks_and_their_images() -> None:
    assert [one.name for one in PERMISSIONS if one.key == Scope.READ and writes(one)] == []
    assert [one.name for one in PERMISSIONS if one.key == Scope.TASKS] == [
        "tasks.operate",
        "image-lists.write",
        "policies.manage",
        "deliveries.redeliver",
    ]
    assert [one.name for one in PERMISSIONS if one.key == Scope.MANAGE] == [
        "webhooks.manage",
        "registry-hooks.manage",
        "members.manage",
    ]


def test_no_key_comes_to_accounts_sessions_keys_or_the_installation() -> None:
    own = {"account.manage", "sessions.manage", "keys.make", "keys.manage", "keys.rotate"}

    assert {one.name for one in PERMISSIONS if one.key is None} == own | named(Who.PLATFORM_ADMIN, Who.ANYONE)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD.replace("viewer", "king"), "king"),
        (GOOD.replace("key: read", "key: everything"), "everything"),
        (GOOD.replace("who: viewer, ", ""), "who"),
        (f"{GOOD}\n{GOOD.replace('tasks.read', 'tasks.see')}", "GET task-list"),
    ],
)
def test_what_has_no_meaning_stops_the_start(text: str, named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        read(text)


def test_what_nobody_named_is_for_nobody() -> None:
    assert permission_for("DELETE", "task-detail") is None


@pytest.mark.django_db
def test_who_is_not_signed_in_belongs_nowhere() -> None:
    rights = Rights(AnonymousUser())

    assert not rights.tenants().exists()
    assert rights.role_in(Tenant.objects.get(slug="default")) is None
    assert not rights.platform_admin


@pytest.mark.django_db
def test_each_role_may_all_that_the_one_below_it_may() -> None:
    rights = Rights(person("ada", Role.ADMIN))
    viewer, operator, admin = (set(rights.as_role(role)) for role in Role)

    assert viewer < operator < admin
