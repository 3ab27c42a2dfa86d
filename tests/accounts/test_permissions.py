"""No route opens without a session but those that permissions.yaml opens to anyone."""

from __future__ import annotations

import re
import uuid

import pytest
from django.urls import resolve
from rest_framework.test import APIClient

from accounts.matrix import Who, permission_for
from accounts.routes import all_routes

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")


def example(route: str) -> str:
    """A path that the route matches."""
    path = re.sub(r"\(\?P<\w+>\[0-9\][^()]*\)", "1", route)
    path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)\??", str(uuid.uuid4()), path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: "1" if "index" in found[1] else str(uuid.uuid4()), path)
    path = "/" + re.sub(r"\$|\\Z|/\?$", "", path).replace("^", "").replace(r"\.", ".").replace("/?", "/")
    resolve(path)
    return path


ALL = sorted({route.pattern for route in all_routes()})
OPEN = {
    route.pattern
    for route in all_routes()
    for permission in [permission_for(method, route.name) for method in route.methods]
    if permission and permission.who == Who.ANYONE
}


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
    assert "api/v1/auth/login/" in OPEN
    assert not any(route.startswith("api/") for route in OPEN if "/auth/" not in route)
    answered = [route for route in ALL if route.startswith("api/v1/") and route not in OPEN]
    assert all(APIClient().get(example(route)).status_code in (401, 404, 405) for route in answered)
    assert sum(APIClient().get(example(route)).status_code == 401 for route in answered) > len(answered) / 2
