"""Says at the end how much of the API was asked for."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from tests.api.tally import TALLY

    if TALLY.answers:
        terminalreporter.write_line(str(TALLY))
