"""Figures that the tests measured on the way, shown under their results; no test judges them."""

import os
from dataclasses import dataclass, field

import pytest

from tests.cluster.machine.cluster import reason_for_no_control_plane, reason_not_to_run

IN_CI = os.environ.get("CI", "").lower() in ("true", "1")


@dataclass
class Results:
    """`wanted` once a test asked for a real cluster."""

    wanted: bool = False
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.lines.append(line)


RESULTS = Results()


def needs_real_nodes() -> None:
    """Whoever comes past this needs real nodes: where there can be none it is not run, which in CI is failed."""
    RESULTS.wanted = True
    _unless(reason_not_to_run())


def needs_control_plane() -> None:
    """The same for an API server without nodes."""
    _unless(reason_for_no_control_plane())


def _unless(reason: str) -> None:
    if reason and IN_CI:
        pytest.fail(f"not run: {reason}")
    if reason:
        pytest.skip(f"not run: {reason}")
