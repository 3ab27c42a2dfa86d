"""Every operation of docs/openapi.yaml keeps its word, whatever Schemathesis sends: all that the document allows, and
much that it does not. It looks at the status, the headers and the body of every answer, and asks without a credential
and with a wrong one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from pytest_django import Settings

from tests.api.operations import SCHEMA, signed_in, with_real_id
from tests.api.tally import TALLY

pytestmark = pytest.mark.django_db
SIGNALS = (request_started, request_finished)


@pytest.fixture(autouse=True)
def thousands_of_requests(settings: Settings) -> Iterator[None]:
    """In one connection, whose transaction is undone after each operation; without a line of log for each."""
    settings.REQUESTS_PER_MINUTE = 0
    logging.disable(logging.ERROR)
    for signal in SIGNALS:
        signal.disconnect(close_old_connections)
    yield
    for signal in SIGNALS:
        signal.connect(close_old_connections)
    logging.disable(logging.NOTSET)


@SCHEMA.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_an_operation_keeps_its_word(case: schemathesis.Case) -> None:
    headers = signed_in()
    answer = with_real_id(case).call_and_validate(headers=headers)
    TALLY.add(case.operation.label, answer.status_code)
