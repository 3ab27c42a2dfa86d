"""Thousands of requests in one transaction, and at the end how many there were."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from pytest_django import Settings

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from tests.api.tally import TALLY

    if TALLY.answers:
        terminalreporter.write_line(str(TALLY))
