"""Every operation of docs/openapi.yaml keeps its word, whatever Schemathesis sends: all that the document allows, and
much that it does not. It looks at the status, the headers and the body of every answer, and asks without a credential
and with a wrong one.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.api.operations import new_token, schema, with_real_id
from tests.api.tally import TALLY

pytestmark = pytest.mark.django_db


@schema().parametrize()
@settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_an_operation_keeps_its_word(case: schemathesis.Case) -> None:
    answer = with_real_id(case).call_and_validate(headers={"Authorization": f"Bearer {new_token()}"})
    TALLY.add(case.operation.label, answer.status_code)
