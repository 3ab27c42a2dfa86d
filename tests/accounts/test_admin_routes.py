"""Pages outside the API: none opens but for platform administrators, and the few for anyone."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import resolve
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.matrix import Who, permission_for
from accounts.models import Role, Session
from accounts.routes import METHODS, Route, all_routes
from accounts.tokens import token_for
from tests.people import person

pytestmark = pytest.mark.django_db


def example(route: Route) -> str:
    """A path that the route matches."""
    path = re.sub(r"\(\?P<\w+>\[0-9\][^()]*\)", "1", route.pattern)
    path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)\??", str(uuid.uuid4()), path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: "1" if "index" in found[1] else str(uuid.uuid4()), path)
    path = "/" + re.sub(r"\$|\\Z|/\?$", "", path).replace("^", "").replace(r"\.", ".").replace("/?", "/")
    resolve(path)
    return path


def is_open(route: Route) -> bool:
    permission = permission_for("GET", route.name)
    return permission is not None and permission.who == Who.ANYONE


def nobody() -> APIClient:
    return APIClient()


def admin_of_a_tenant() -> APIClient:
    session = Session.objects.create(user=person("ada", Role.ADMIN), expires_at=timezone.now() + timedelta(hours=1))
    client = APIClient()
    client.cookies["ips_session"] = token_for(session)
    assert client.get("/api/v1/auth/me/").status_code == 200
    return client


ADMIN = [route for route in all_routes() if route.pattern.startswith("admin/")]


@pytest.mark.parametrize("client", [nobody, admin_of_a_tenant])
@pytest.mark.parametrize("route", [one for one in ADMIN if not is_open(one)], ids=lambda route: route.pattern)
def test_the_admin_is_for_platform_administrators(route: Route, client: Callable[[], APIClient]) -> None:
    somebody = client()

    for method in METHODS:
        answer = getattr(somebody, method.lower())(example(route), {})
        # Others are sent to its sign-in, from the page of sign-out by way of its index.
        sent_away = answer.status_code == 302 and answer["Location"].startswith("/admin/")
        assert sent_away or answer.status_code in (401, 403, 404, 405), (method, route, answer.status_code)


def test_the_walk_finds_the_admin_and_what_is_open() -> None:
    assert len(ADMIN) > 40
    assert {route.name for route in all_routes() if is_open(route)} == {
        "admin:jsi18n",
        "admin:login",
        "coverage-badge",
        "healthz",
        "metrics",
        "readyz",
        "ui",
        "version",
    }
