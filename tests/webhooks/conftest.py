"""Receivers on the loopback, which the guard lets pass in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.webhooks.receivers import Receiver


@pytest.fixture(autouse=True)
def open_loopback(settings: Settings) -> None:
    settings.OUTBOUND_PRIVATE, settings.CHAT_HOSTS = ["127.0.0.0/8"], ["127.0.0.1"]
    settings.WEBHOOK_REST_SECONDS = 0.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one
