"""docs/openapi.yaml says what the API does, today."""

from __future__ import annotations

import lzma
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from tests.project.breaking import breaks

# What clients were promised so far: docs/openapi.yaml of the last version, made by `xz -9e`.
PROMISED = Path(__file__).with_name("promised_api.yaml.xz")
# What breaks that promise all the same, and why it may.
ACCEPTED: dict[str, str] = {}
COMMITTED = Path(__file__).resolve().parent.parent.parent / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def generated() -> str:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


def test_the_committed_document_is_current(generated):
    assert COMMITTED.read_text() == generated, "run: make schema"


def test_every_operation_says_how_errors_look(generated):
    document = yaml.safe_load(generated)

    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert operations
    for operation in operations:
        answer = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert answer == {"$ref": "#/components/schemas/Problem"}


def test_only_the_ways_in_and_what_has_a_secret_of_its_own_need_no_session(generated):
    document = yaml.safe_load(generated)

    open_to_all = [
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if operation.get("security") != [{"bearer": []}, {"cookie": []}]
    ]
    assert open_to_all == [
        "/api/v1/auth/login/",
        "/api/v1/auth/reset-password/",
        "/api/v1/coverage/badge/",
        "/api/v1/hooks/{token}/",
    ]


def test_what_breaks_clients_is_named_with_its_reason(generated):
    promised = yaml.safe_load(lzma.decompress(PROMISED.read_bytes()))

    found = breaks(promised, yaml.safe_load(generated))

    assert set(found) == ACCEPTED.keys(), "keep the promise, or say in ACCEPTED and in CHANGELOG.md why not"


def changed(*keys: Any, to: object = None) -> list[str]:
    """What breaks when this part of a small document becomes something else, or is gone."""
    old, new = yaml.safe_load(SMALL), yaml.safe_load(SMALL)
    part = new
    for key in keys[:-1]:
        part = part[key]
    if to is None:
        del part[keys[-1]]
    else:
        part[keys[-1]] = to
    return breaks(old, new)


SMALL = """
paths:
  /things/:
    post:
      parameters: [{name: Key, in: header, schema: {type: string, enum: [a, b]}}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Wish'}}}}
      responses: {'201': {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}
components:
  schemas:
    Wish: {type: object, properties: {name: {type: string}, size: {type: integer}}, required: [name]}
    Thing: {type: object, properties: {id: {type: string}, parts: {type: array, items: {type: string}}}}
"""
POST = ("paths", "/things/", "post")
WISH, THING = ("components", "schemas", "Wish"), ("components", "schemas", "Thing")


@pytest.mark.parametrize(
    ("keys", "to", "told"),
    [
        (("paths", "/things/"), None, "POST /things/ is gone"),
        ((*POST, "parameters"), [], "POST /things/: the parameter Key is gone"),
        ((*POST, "parameters", 0, "required"), True, "POST /things/: the parameter Key has to be there"),
        ((*POST, "parameters", 0, "schema", "enum"), ["a"], "POST /things/: Key: b is not taken any more"),
        ((*POST, "responses"), {"202": {}}, "POST /things/: 201 is gone"),
        ((*WISH, "properties", "size"), None, "POST /things/: body: size is not taken any more"),
        ((*WISH, "required"), ["name", "size"], "POST /things/: body: size has to be there"),
        ((*WISH, "properties", "size", "type"), "string", "POST /things/: body/size was integer and is string"),
        ((*THING, "properties", "id"), None, "POST /things/: 201: id is not told any more"),
        (
            (*THING, "properties", "parts", "items", "type"),
            "integer",
            "POST /things/: 201/parts/* was string and is integer",
        ),
    ],
)
def test_each_kind_of_break_is_told(keys, to, told):
    assert changed(*keys, to=to) == [told]


def test_what_is_only_added_breaks_nobody():
    assert changed(*WISH, "properties", "colour", to={"type": "string"}) == []
    assert changed(*THING, "properties", "colour", to={"type": "string"}) == []
    assert changed("paths", "/others/", to={"get": {"responses": {}}}) == []
