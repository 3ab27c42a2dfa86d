"""The token of a hook is all that opens it: it is in no log line, no answer and no row, however it is asked."""

from __future__ import annotations

import logging

import pytest
from rest_framework.test import APIClient

from ips.logs import JsonFormatter
from tests.webhooks.inbound.pushes import SECRET, TOKEN, event, registry_hook, tell
from webhooks.models import Arrival

pytestmark = [pytest.mark.django_db]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", f"/api/v1/hooks/{TOKEN}/", 405),
        ("put", f"/api/v1/hooks/{TOKEN}/", 405),
        ("delete", f"/api/v1/hooks/{TOKEN}/", 405),
        ("options", f"/api/v1/hooks/{TOKEN}/", None),
        ("post", f"/api/v1/hooks/{TOKEN}/extra/", 404),
        ("post", f"/api/v1/hooks/{TOKEN}x/", 404),
        ("post", f"/api/v1/hooks/{TOKEN}/?token={TOKEN}", 401),
        ("post", f"/api/v1/hooks/{TOKEN}/", 401),
    ],
)
def test_whatever_is_asked_the_answer_and_the_log_are_without_it(
    method: str, path: str, status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    registry_hook()
    caplog.set_level(logging.DEBUG)

    answer = getattr(APIClient(), method)(path, {"events": [event()]})

    assert status is None or answer.status_code == status
    assert caplog.records
    lines = " ".join(JsonFormatter().format(record) for record in caplog.records)
    assert TOKEN not in lines
    assert TOKEN.encode() not in answer.content
    assert TOKEN not in str(list(Arrival.objects.values()))


def test_the_secret_is_in_no_line_either(caplog: pytest.LogCaptureFixture) -> None:
    registry_hook()
    caplog.set_level(logging.DEBUG)

    tell({"events": [event()]})
    tell("rubbish", content_type="text/plain")

    assert SECRET not in " ".join(JsonFormatter().format(record) for record in caplog.records)
