"""Wherever a request can name something by its id, another tenant's is told like one that does not exist.

In paths that is the matrix (test_matrix.py). Here it is every id in a query and in a body, as the OpenAPI document has
them: a new one is tried without being named here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient

from tests.accounts.matrix.callers import OURS, THEIRS
from tests.accounts.matrix.things import colleague, thing_of
from tests.accounts.test_idor import WRITES, everything_of_both_tenants  # noqa: F401  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SCHEMA = yaml.safe_load(Path("docs/openapi.yaml").read_text(encoding="utf-8"))
SAME = {"X-Request-ID": "the-same"}


def is_id(schema: dict[str, Any]) -> bool:
    return schema.get("format") == "uuid" or schema.get("items", {}).get("format") == "uuid"


def is_known(name: str) -> bool:
    """Whether there is something of the kind that a field of this name is about."""
    try:
        return bool(thing_of(f"{kind_of(name)}-detail"))
    except LookupError:
        return False


def kind_of(name: str) -> str:
    """`image_lists` → `image-list`, `policies` → `policy`, `retry_of` → `retry-of`."""
    name = name.replace("_", "-")
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def in_queries() -> Iterator[tuple[str, str]]:
    for path, methods in SCHEMA["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            if parameter["in"] == "query" and is_id(parameter["schema"]) and is_known(parameter["name"]):
                yield path, parameter["name"]


def in_bodies() -> Iterator[tuple[str, str]]:
    for path, methods in SCHEMA["paths"].items():
        for method, operation in methods.items():
            if content := operation.get("requestBody", {}).get("content"):
                schema = SCHEMA["components"]["schemas"][content["application/json"]["schema"]["$ref"].split("/")[-1]]
                for name, field in schema.get("properties", {}).items():
                    if is_id(field) and is_known(name):
                        yield f"{method.upper()} {path}", name


def theirs_of(name: str) -> str:
    return str(thing_of(f"{kind_of(name)}-detail")(colleague(THEIRS), THEIRS).pk)


def test_there_are_ids_to_be_tried() -> None:
    assert {("/api/v1/deliveries/", "webhook"), ("/api/v1/deliveries/", "task")} <= set(in_queries())
    assert {("POST /api/v1/tasks/", "image_lists"), ("POST /api/v1/tasks/", "webhooks")} <= set(in_bodies())


@pytest.mark.parametrize(("path", "name"), list(in_queries()))
def test_a_filter_by_their_id_finds_as_little_as_one_by_no_id(
    as_ada: APIClient, as_platform_admin: APIClient, path: str, name: str
) -> None:
    rows = as_platform_admin.get(path).json()["results"]
    known = [row[name] for row in rows if row.get("tenant") == THEIRS and row.get(name)]
    theirs = str(known[0]) if known else theirs_of(name)

    def found(client: APIClient, wanted: str) -> bytes:
        answer = client.get(path, {name: wanted}, headers=SAME)
        assert answer.status_code == 200, answer.content
        return bytes(answer.getvalue())

    assert found(as_ada, theirs) == found(as_ada, str(uuid.uuid4()))
    if known:
        assert found(as_platform_admin, theirs) != found(as_platform_admin, str(uuid.uuid4())), "nothing was there"


@pytest.mark.parametrize(("operation", "name"), list(in_bodies()))
def test_a_body_with_their_id_is_refused_like_one_with_no_id(as_ada: APIClient, operation: str, name: str) -> None:
    method, _, path = operation.partition(" ")
    body, model = WRITES.get(operation) or WRITES["POST /api/v1/tasks/"]
    if "{id}" in path:
        mine = thing_of(f"{kind_of(path.split('/')[3])}-detail")(as_ada.user, OURS)
        path = path.replace("{id}", str(mine.pk))
    before = model._default_manager.count()

    def told(wanted: str) -> tuple[int, str]:
        answer = getattr(as_ada, method.lower())(path, {**body, name: [wanted]}, headers=SAME)
        return answer.status_code, answer.content.decode().replace(wanted, "the id")

    theirs, nobodys = told(theirs_of(name)), told(str(uuid.uuid4()))

    assert theirs == nobodys
    assert theirs[0] == 422
    assert model._default_manager.count() == before
