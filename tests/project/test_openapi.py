"""docs/openapi.yaml says what the API does, today."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

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
    assert open_to_all == ["/api/v1/auth/login/", "/api/v1/auth/reset-password/", "/api/v1/hooks/{token}/"]
