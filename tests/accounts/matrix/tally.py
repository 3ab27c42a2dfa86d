"""How much of the matrix was asked for, for the end of a test run."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.routes import Route
from tests.accounts.matrix.walk import Walk


@dataclass
class Tally:
    cells: int = 0
    good: int = 0
    routes: int = 0
    good_routes: int = 0

    def add(self, route: Route, walk: Walk) -> None:
        wrong = min(len(walk.wrong), walk.cells)
        self.cells += walk.cells
        self.good += walk.cells - wrong
        self.routes += 1
        self.good_routes += not walk.wrong

    def __str__(self) -> str:
        return f"permissions: cells {self.good}/{self.cells}, routes {self.good_routes}/{self.routes}"


TALLY = Tally()
