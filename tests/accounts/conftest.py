"""Says at the end how much of the permission matrix was asked for."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from tests.accounts.matrix.tally import TALLY

    if TALLY.cells:
        terminalreporter.write_line(str(TALLY))
