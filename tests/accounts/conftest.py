"""A browser at Django's admin; and, said at the end, how much of the permission matrix was asked for."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.people import PASSWORD, person


@pytest.fixture
def administrator(db: None) -> Client:
    """A browser in which a platform administrator has signed in at the admin."""
    person("root", platform_admin=True)
    client = Client()
    client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    return client


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from tests.accounts.matrix.tally import TALLY

    if TALLY.cells:
        terminalreporter.write_line(str(TALLY))
