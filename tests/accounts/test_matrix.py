"""Who may do what: every route × method × caller × thing answers as accounts/permissions.yaml says.

A route that the file does not name fails here, with what to add.
"""

from __future__ import annotations

import contextlib
import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.urls import Resolver404, resolve
from pytest_django import Settings

from accounts import key_check
from accounts.checks import check_permissions
from accounts.models import Tenant
from accounts.routes import Route, all_routes
from tests.accounts.matrix.callers import THEIRS, everybody
from tests.accounts.matrix.tally import TALLY
from tests.accounts.matrix.walk import Walk
from tests.people import person

pytestmark = pytest.mark.django_db
ROUTES = [route for route in all_routes() if not route.name.startswith("admin:")]


@pytest.fixture(autouse=True)
def many_requests(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.REQUESTS_PER_MINUTE = 0
    monkeypatch.setattr(key_check, "ROUNDS", 4)
    logging.disable(logging.ERROR)  # a line for each of thousands of requests
    yield
    logging.disable(logging.NOTSET)


def test_every_route_is_in_the_file_and_everything_in_the_file_is_a_route() -> None:
    assert [f"{error.msg} {error.hint}" for error in check_permissions()] == []


def test_the_schema_describes_the_same_routes() -> None:
    described = yaml.safe_load(Path("docs/openapi.yaml").read_text(encoding="utf-8"))["paths"]

    found = {f"{method.upper()} {view_name(path)}" for path, methods in described.items() for method in methods}

    assert found == {asked for route in ROUTES if route.pattern.startswith("api/v1/") for asked in route.asked()}


def view_name(path: str) -> str:
    for example in (str(uuid.uuid4()), "1"):
        with contextlib.suppress(Resolver404):
            return resolve(re.sub("{[a-z]+}", example, path)).view_name
    raise LookupError(f"{path} of the schema is no route.")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_it_answers_as_the_file_says(route: Route) -> None:
    Tenant.objects.create(slug=THEIRS, name="Rivals")
    person("newcomer")
    walk = Walk(route)

    for caller in everybody():
        walk.by(caller)

    TALLY.add(route, walk)
    assert walk.wrong == []
