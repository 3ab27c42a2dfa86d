"""Ids and names in other places than the path: filters, orders and bodies reach no further than one may see."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, Membership, Role, Tenant, User
from accounts.routes import Route, all_routes
from prewarm.models import ImageList, Policy, Task
from tests.accounts.matrix.callers import OURS, THEIRS
from tests.accounts.matrix.things import colleague, thing_of
from tests.people import person
from tests.prewarm.rows import asked
from webhooks.models import RegistryHook, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SCHEMA = yaml.safe_load(Path("docs/openapi.yaml").read_text(encoding="utf-8"))
READS = [route for route in all_routes() if route.pattern.startswith("api/v1/") and "GET" in route.methods]
LISTS = [route for route in READS if route.name.endswith("-list") or route.name == "audit-export"]
OF_A_TASK = [route for route in READS if route.name in ("task-nodes", "task-events", "task-changes")]


@pytest.fixture(autouse=True)
def everything_of_both_tenants() -> None:
    """One of each thing in ours and in theirs."""
    for slug in (OURS, THEIRS):
        Tenant.objects.get_or_create(slug=slug, defaults={"name": slug})
        for route in READS:
            if route.name.endswith("-detail"):
                thing_of(route.name)(colleague(slug), slug)


def has_filter(route: Route, name: str) -> bool:
    (path,) = (path for path in SCHEMA["paths"] if path == reverse(route.name))
    return any(parameter["name"] == name for parameter in SCHEMA["paths"][path]["get"].get("parameters", []))


@pytest.mark.parametrize("route", [one for one in LISTS if has_filter(one, "tenant")], ids=lambda route: route.name)
def test_a_filter_by_another_tenant_finds_as_little_as_one_by_a_tenant_that_is_not_there(
    as_ada: APIClient, as_platform_admin: APIClient, route: Route
) -> None:
    def found(client: APIClient, slug: str) -> bytes:
        return client.get(reverse(route.name), {"tenant": slug}, headers={"X-Request-ID": "the-same"}).getvalue()

    assert found(as_ada, THEIRS) == found(as_ada, "nothing")
    if route.name != "audit-list" and route.name != "audit-export":
        assert found(as_platform_admin, THEIRS) != found(as_platform_admin, "nothing"), "or nothing was there to find"


COLUMNS = [
    {"created_by__password__startswith": "p"},
    {"owner__password__startswith": "p"},
    {"user__password__startswith": "p"},
    {"tenant__slug__startswith": "r"},
    {"password": "x"},
    {"ordering": "created_by__password"},
    {"ordering": "-owner__password"},
    {"ordering": "?"},
]


@pytest.mark.parametrize("query", COLUMNS, ids=str)
@pytest.mark.parametrize("route", [*LISTS, *OF_A_TASK], ids=lambda route: route.name)
def test_no_filter_and_no_order_reaches_into_columns(
    as_platform_admin: APIClient, route: Route, query: dict[str, str]
) -> None:
    at = {"pk": asked().pk} if route in OF_A_TASK else None

    answer = as_platform_admin.get(reverse(route.name, kwargs=at), query)

    assert (answer.status_code, answer.json()["code"].partition("_")[0]) == (400, "unknown")


# A good body for everything that writes a row, and the row's model.
WRITES: dict[str, tuple[dict[str, Any], type[Model]]] = {
    "POST /api/v1/tasks/": ({"images": ["nginx:1.27"], "all_nodes": True}, Task),
    "POST /api/v1/image-lists/": ({"name": "Base", "images": ["nginx:1.27"]}, ImageList),
    "PATCH /api/v1/image-lists/{id}/": ({"notes": "Fresh."}, ImageList),
    "POST /api/v1/policies/": ({"name": "Base", "images": ["nginx:1.27"], "all_nodes": True}, Policy),
    "PATCH /api/v1/policies/{id}/": ({"settle_seconds": 5}, Policy),
    "POST /api/v1/webhooks/": ({"name": "Ops", "kind": "generic", "url": "https://hear.example/hook"}, Webhook),
    "PATCH /api/v1/webhooks/{id}/": ({"only_failures": True}, Webhook),
    "POST /api/v1/webhooks/{id}/rotate/": ({}, Webhook),
    "POST /api/v1/registry-hooks/": ({"name": "Registry", "kind": "harbor"}, RegistryHook),
    "PATCH /api/v1/registry-hooks/{id}/": ({"registry": "registry.example.com"}, RegistryHook),
    "POST /api/v1/registry-hooks/{id}/rotate/": ({}, RegistryHook),
    "POST /api/v1/api-keys/": ({"name": "ci"}, ApiKey),
    "POST /api/v1/api-keys/{id}/rotate/": ({}, ApiKey),
    "POST /api/v1/users/": ({"username": "fresh"}, User),
    "PATCH /api/v1/users/{id}/": ({"first_name": "Carla"}, User),
    "POST /api/v1/tenants/": ({"slug": "fresh"}, Tenant),
    "PATCH /api/v1/tenants/{id}/": ({"name": "Fresh"}, Tenant),
    "POST /api/v1/memberships/": ({"username": "fresh", "role": "viewer"}, Membership),
    "PATCH /api/v1/memberships/{id}/": ({"role": "viewer"}, Membership),
}
# They write no row of a model from what they are given: a sign-in, passwords, what would be, and named settings.
NO_ROW = {
    "POST /api/v1/auth/login/",
    "POST /api/v1/auth/password/",
    "POST /api/v1/auth/reset-password/",
    "POST /api/v1/tasks/preview/",
    "POST /api/v1/policies/preview/",
    "PATCH /api/v1/settings/",
    "POST /api/v1/webhooks/{id}/redeliver/",
    "POST /api/v1/registry-hooks/{id}/try/",
    "POST /api/v1/hooks/{token}/",
}


def with_a_body() -> dict[str, set[str]]:
    """Every operation that takes a body, and the fields that it asks for."""
    fields = {}
    for path, methods in SCHEMA["paths"].items():
        for method, operation in methods.items():
            if body := operation.get("requestBody"):
                reference = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                fields[f"{method.upper()} {path}"] = set(SCHEMA["components"]["schemas"][reference]["properties"])
    return fields


def columns() -> dict[str, Any]:
    """Every column of every model of ours, with what somebody would like to have there."""
    names = {
        name
        for model in apps.get_models()
        if model._meta.app_label in ("accounts", "prewarm", "webhooks")
        for field in model._meta.concrete_fields
        for name in (field.name, field.attname)
    }
    wanted = {"is_platform_admin": True, "is_staff": True, "is_superuser": True, "is_active": False}
    wanted |= {"role": Role.ADMIN.value, "tenant": THEIRS, "status": "succeeded", "created_by": "ada", "owner": "ada"}
    return {name: wanted.get(name, str(MINE)) for name in names}


MINE = uuid.UUID("11111111-1111-4111-8111-111111111111")


def test_everything_that_takes_a_body_is_tried() -> None:
    assert with_a_body().keys() == WRITES.keys() | NO_ROW, "a new one goes into WRITES, with a good body"


@pytest.mark.parametrize("operation", WRITES)
def test_nobody_sets_a_column_that_is_not_asked_for(as_platform_admin: APIClient, operation: str) -> None:
    body, model = WRITES[operation]
    person("fresh" if model is Membership else "somebody")
    method, _, path = operation.partition(" ")
    (route,) = (one for one in READS if one.name.endswith("-detail") and thing_matches(one, path))
    thing = own_thing(route, as_platform_admin.user)
    extra = {name: value for name, value in columns().items() if name not in with_a_body()[operation]}
    before = {row.pk: values(row) for row in model._default_manager.all()}

    answer = getattr(as_platform_admin, method.lower())(path.replace("{id}", str(thing.pk)), {**body, **extra})

    if answer.status_code == 422:  # refused by name: nothing is written, and without them it is good
        assert {error["code"] for error in answer.json()["errors"]} == {"unknown_field"}
        assert {row.pk: values(row) for row in model._default_manager.all()} == before
        return
    assert answer.status_code in (200, 201, 202), answer.content
    made = [row for row in model._default_manager.all() if values(row) != before.get(row.pk)]
    assert made
    for row in made:
        got = values(row)
        stolen = [name for name, value in extra.items() if name in got and str(got[name]) == str(value)]
        assert [name for name in stolen if got[name] != before.get(row.pk, {}).get(name)] == []


def thing_matches(route: Route, path: str) -> bool:
    return reverse(route.name, kwargs={"pk": 1 if "[0-9]{1" in route.pattern else MINE}).startswith(
        path.partition("{id}")[0]
    )


def own_thing(route: Route, user: User) -> Model:
    return thing_of(route.name)(user if route.name.startswith("api-key") else colleague(OURS), OURS)


def values(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("wish", [{"tenant": THEIRS}, {"tenant_id": str(MINE)}, {"user": "ada"}, {"username": "ada"}])
def test_nothing_is_moved_into_another_tenant_or_to_somebody_else(as_ada: APIClient, wish: dict[str, str]) -> None:
    member = Membership.objects.get(user=colleague(OURS))

    as_ada.patch(reverse("membership-detail", kwargs={"pk": member.pk}), {"role": "viewer", **wish})

    after = Membership.objects.get(pk=member.pk)
    assert (after.tenant_id, after.user_id) == (member.tenant_id, member.user_id)


def test_who_is_no_platform_administrator_any_more_is_none_at_the_next_request(as_platform_admin: APIClient) -> None:
    assert as_platform_admin.get("/api/v1/users/").status_code == 200

    User.objects.filter(pk=as_platform_admin.user.pk).update(is_platform_admin=False)

    assert as_platform_admin.get("/api/v1/users/").status_code == 403
    assert as_platform_admin.get("/api/v1/auth/me/").json()["may"] == []


def test_a_key_does_what_its_owner_may_now(as_ada: APIClient) -> None:
    key = as_ada.post("/api/v1/api-keys/", {"name": "ci", "scopes": ["tasks", "manage"]}).json()["key"]
    program = APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")
    wish = {"images": ["nginx:1.27"], "all_nodes": True}
    assert program.post("/api/v1/tasks/", wish).status_code == 202

    as_ada.user.memberships.update(role=Role.VIEWER)

    assert program.post("/api/v1/tasks/", wish).status_code == 403
    assert program.get("/api/v1/tasks/").status_code == 200


def test_a_session_ends_with_the_password_and_with_the_account(as_ada: APIClient, as_otto: APIClient) -> None:
    as_ada.user.set_password("a wholly different phrase")
    as_ada.user.save()
    User.objects.filter(pk=as_otto.user.pk).update(is_active=False, last_login=timezone.now())

    assert [client.get("/api/v1/auth/me/").status_code for client in (as_ada, as_otto)] == [401, 401]
