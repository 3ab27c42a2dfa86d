"""What another tenant, or another person, owns is told like what does not exist: on every route, by every method.

A new route with an id fails here until OWNED says what it is about.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, Membership, Role, Session, Tenant, User
from tests.accounts.test_permissions import ALL, METHODS, example
from tests.people import person
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def session() -> Session:
    return Session.objects.create(user=person("ada", Role.ADMIN), expires_at=timezone.now() + timedelta(hours=1))


def api_key() -> ApiKey:
    owner, tenant = person("ada", Role.ADMIN), Tenant.objects.get(slug="default")
    tomorrow = timezone.now() + timedelta(days=1)
    return ApiKey.objects.create(
        key_id=uuid.uuid4().hex[:12], owner=owner, tenant=tenant, name="ci", expires_at=tomorrow
    )


def user() -> User:
    return person("ada", Role.ADMIN)


def tenant() -> Tenant:
    return Tenant.objects.get(slug="default")


def membership() -> Membership:
    return user().memberships.get()


# What begins so has an id of this, owned by Ada or her tenant `default`.
OWNED: dict[str, Callable[[], Model]] = {
    "api/v1/^tasks/": asked,
    "api/v1/^auth/sessions/": session,
    "api/v1/^api-keys/": api_key,
    "api/v1/^users/": user,
    "api/v1/^tenants/": tenant,
    "api/v1/^memberships/": membership,
}
# What only a platform administrator may do is refused before any id is looked at.
FOR_PLATFORM_ADMINISTRATORS = ("api/v1/^users/", "api/v1/^tenants/")
WITH_ID = [route for route in ALL if route.startswith("api/v1/") and ("(?P<" in route or "<" in route)]


def told(client: APIClient, method: str, route: str, pk: object) -> tuple[int, bytes, dict[str, Any]]:
    """All that a caller learns, to the byte; both callers name their request alike."""
    path = example(route)
    parts = path.split("/")
    (place,) = [at for at, part in enumerate(parts) if len(part) == 36 or part == "1"]
    parts[place] = str(pk)
    answer: HttpResponse = getattr(client, method)(
        "/".join(parts), {}, format="json", headers={"X-Request-ID": "the-same"}
    )
    return answer.status_code, answer.content, dict(answer.items())


def owned_by_another(route: str) -> Model:
    (make,) = [make for prefix, make in OWNED.items() if route.startswith(prefix)]
    return make()


@pytest.mark.parametrize("route", WITH_ID)
def test_an_id_of_another_tenant_is_told_like_one_that_does_not_exist(
    as_mallory: APIClient, as_nobody: APIClient, route: str
) -> None:
    thing = owned_by_another(route)
    before = type(thing).objects.filter(pk=thing.pk).values().get()
    missing_pk = 10**9 if isinstance(thing.pk, int) else uuid.uuid4()
    refused = (403, 404, 405) if route.startswith(FOR_PLATFORM_ADMINISTRATORS) else (404, 405)

    for method in METHODS:
        foreign, missing = (told(as_mallory, method, route, pk) for pk in (thing.pk, missing_pk))
        assert foreign == missing, method
        assert foreign[0] in refused, method
        assert told(as_nobody, method, route, thing.pk) == told(as_nobody, method, route, missing_pk), method

    assert type(thing).objects.filter(pk=thing.pk).values().get() == before


@pytest.mark.parametrize("route", WITH_ID)
def test_its_owner_is_answered_by_some_method(as_ada: APIClient, route: str) -> None:
    """Or the walk would ask nothing."""
    assert any(told(as_ada, method, route, owned_by_another(route).pk)[0] not in (404, 405) for method in METHODS)


def test_the_walk_has_every_route_with_an_id() -> None:
    assert {prefix for route in WITH_ID for prefix in OWNED if route.startswith(prefix)} == OWNED.keys()
    assert [route for route in WITH_ID if not route.startswith(tuple(OWNED))] == []
    assert len([route for route in WITH_ID if "tasks/" in route]) >= 8
