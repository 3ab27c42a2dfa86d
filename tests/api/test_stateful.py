"""What is made by one operation is there for the next, and what was deleted is gone: Schemathesis walks from answer
to answer by ids and `Location`.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, settings

from tests.api.operations import new_token, schema
from tests.api.tally import TALLY

WALKED = schema()


@WALKED.auth(refresh_interval=None)
class Root:
    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        return new_token()

    def set(self, case: schemathesis.Case, token: str, context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {token}"


class Walk(WALKED.as_state_machine()):  # type: ignore[misc]  # a class that is made from the document
    def setup(self) -> None:
        self.everything = transaction.atomic()
        self.everything.__enter__()

    def teardown(self) -> None:
        """Each walk begins with nothing."""
        transaction.set_rollback(True)
        self.everything.__exit__(None, None, None)

    def validate_response(self, response: schemathesis.Response, case: schemathesis.Case, **rest: Any) -> None:
        TALLY.add(case.operation.label, response.status_code)
        super().validate_response(response, case, **rest)


@pytest.mark.django_db
class TestWalk(Walk.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(
        max_examples=30,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
