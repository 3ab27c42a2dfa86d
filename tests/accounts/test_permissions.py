"""Who may do what: no route opens without a session but the few that must, and tenants do not see each other."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from rest_framework.request import Request
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts.models import Membership, Role, Tenant, User
from accounts.permissions import Member, Rights, TenantRole, tenant_for
from ips.problems import Problem
from tests.people import person

pytestmark = pytest.mark.django_db

# Every route that answers without a session, and why.
OPEN = {
    "healthz": "probes",
    "readyz": "probes",
    "version": "probes",
    "metrics": "scrapers; IPS_METRICS_TOKEN closes it",
    "api/v1/auth/login/": "the way in",
    "api/v1/auth/reset-password/": "for who has a one-time link",
    "admin/login/": "the way in",
    "admin/jsi18n/": "Django's translations of the admin, no data",
    r"^(?!(?:api|admin|assets|static)(?:/|$)).*$": "the UI's page, no data",
}
METHODS = ("get", "post", "put", "patch", "delete")


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def example(route: str) -> str:
    """A path that the route matches."""
    path = re.sub(r"\(\?P<\w+>\[0-9\][^()]*\)", "1", route)
    path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)\??", str(uuid.uuid4()), path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: "1" if "index" in found[1] else str(uuid.uuid4()), path)
    path = "/" + re.sub(r"\$|\\Z|/\?$", "", path).replace("^", "").replace(r"\.", ".").replace("/?", "/")
    resolve(path)
    return path


ALL = sorted(set(routes(get_resolver().url_patterns)))


@pytest.mark.parametrize("route", [route for route in ALL if route not in OPEN])
def test_without_a_session_a_route_tells_nothing(route):
    client = APIClient()

    for method in METHODS:
        answer = getattr(client, method)(example(route), {})
        # The admin sends strangers to its sign-in, from the page of sign-out by way of its index.
        sent_away = answer.status_code == 302 and answer["Location"].startswith("/admin/")
        assert sent_away or answer.status_code in (401, 403, 404, 405), (method, route, answer.status_code)


def test_the_walk_finds_the_routes_that_matter():
    assert "api/v1/auth/me/" in ALL
    assert any(route.startswith("api/v1/^tasks/") or route.startswith("api/v1/tasks/") for route in ALL)
    assert OPEN.keys() <= set(ALL)
    answered = [route for route in ALL if route.startswith("api/v1/") and route not in OPEN]
    assert all(APIClient().get(example(route)).status_code in (401, 404, 405) for route in answered)
    assert sum(APIClient().get(example(route)).status_code == 401 for route in answered) > len(answered) / 2


@pytest.fixture
def rivals() -> Tenant:
    return Tenant.objects.create(slug="rivals", name="Rivals")


@pytest.fixture
def default() -> Tenant:
    return Tenant.objects.get(slug="default")


def asking(user: User, method: str = "POST") -> Request:
    request = Request(RequestFactory().generic(method, "/"))
    request.user, request.auth = user, None
    return request


class View(APIView):
    """A view whose objects belong to a tenant."""


class Thing:
    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant


def may(user: User, method: str, tenant: Tenant, view: APIView | None = None) -> bool:
    view = view or View(kwargs={"pk": 1})
    permission, request = TenantRole(), asking(user, method)
    return permission.has_permission(request, view) and permission.has_object_permission(request, view, Thing(tenant))


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "reads", "writes"),
        [(Role.VIEWER, True, False), (Role.OPERATOR, True, True), (Role.ADMIN, True, True), (None, False, False)],
    )
    def test_viewers_read_and_operators_write_in_their_own_tenant_alone(self, role, reads, writes, default, rivals):
        user = person("someone", role)

        assert may(user, "GET", default) is reads
        assert may(user, "POST", default) is writes
        assert may(user, "DELETE", default) is writes
        assert not may(user, "GET", rivals)
        assert not may(user, "POST", rivals)

    def test_a_view_can_ask_for_more(self, default):
        view = View(kwargs={"pk": 1})
        view.__dict__["write_roles"] = frozenset({Role.ADMIN})

        assert not may(person("otto", Role.OPERATOR), "POST", default, view)
        assert may(person("ada", Role.ADMIN), "POST", default, view)

    def test_a_platform_administrator_may_do_everything_everywhere(self, default, rivals):
        root = person("root", platform_admin=True)

        assert all(may(root, method, tenant) for method in ("GET", "POST") for tenant in (default, rivals))
        assert set(Rights(root).tenants()) == {default, rivals}
        assert Rights(root).role_in(rivals) == Role.ADMIN

    def test_making_something_needs_a_role_that_writes_somewhere(self):
        view = View(kwargs={})

        assert TenantRole().has_permission(asking(person("otto", Role.OPERATOR)), view)
        assert not TenantRole().has_permission(asking(person("vera", Role.VIEWER)), view)
        assert not TenantRole().has_permission(asking(person("nobody")), view)

    def test_what_all_members_share_is_not_for_who_has_no_tenant(self):
        assert Member().has_permission(asking(person("vera", Role.VIEWER)), View())
        assert Member().has_permission(asking(person("root", platform_admin=True)), View())
        assert not Member().has_permission(asking(person("nobody")), View())

    def test_a_role_that_was_taken_is_gone_at_once(self, default):
        otto = person("otto", Role.OPERATOR)
        assert may(otto, "POST", default)

        Membership.objects.filter(user=otto).update(role=Role.VIEWER)
        assert not may(otto, "POST", default)

        Membership.objects.filter(user=otto).delete()
        assert not may(otto, "GET", default)


class TestTheTenantOfSomethingNew:
    def test_is_default_when_none_is_named(self, default):
        assert tenant_for(asking(person("otto", Role.OPERATOR))) == default

    def test_is_the_one_that_is_named(self, rivals):
        assert tenant_for(asking(person("mallory", Role.OPERATOR, tenant="rivals")), "rivals") == rivals

    def test_must_be_one_where_the_role_suffices(self):
        with pytest.raises(Problem) as refused:
            tenant_for(asking(person("vera", Role.VIEWER)))

        assert (refused.value.status_code, refused.value.code) == (403, "role_too_low")

    def test_that_one_may_not_see_is_refused_like_one_that_does_not_exist(self, rivals):
        otto = person("otto", Role.OPERATOR)

        with pytest.raises(Problem) as foreign:
            tenant_for(asking(otto), "rivals")
        with pytest.raises(Problem) as missing:
            tenant_for(asking(otto), "nothing")

        assert vars(foreign.value) == vars(missing.value)
        assert foreign.value.status_code == 404
