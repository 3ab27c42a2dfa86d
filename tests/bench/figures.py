"""A figure: what was measured, how often, beside its goal and the ideal of the same runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.rows import ROWS, Row


@dataclass(frozen=True)
class Figure:
    """Several measurements of one row. `ideal` says what nothing could beat; empty where there is no such thing."""

    name: str
    values: tuple[float, ...]
    database: str
    settings: str
    ideal: str = ""

    @property
    def row(self) -> Row:
        return ROWS[self.name]

    @property
    def value(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one. Smaller is better, in every row."""
        return None if self.row.goal is None else self.value <= self.row.goal

    @property
    def spread(self) -> str:
        """The smallest and the greatest value, where there is more than one."""
        return f"{number(min(self.values))}–{number(max(self.values))}" if len(self.values) > 1 else ""

    @property
    def goal(self) -> str:
        return "" if self.row.goal is None else f"≤ {number(self.row.goal)}"

    def line(self) -> str:
        """One line of the terminal."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        shown = f"{self.name:32} {number(self.value):>9} {self.row.unit:4} {self.goal:>9} {verdict:7}"
        return f"{shown} {self.spread:17} {self.ideal}".rstrip()

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.row.unit,
            "goal": self.row.goal,
            "database": self.database,
            "settings": self.settings,
            "values": [round(value, 4) for value in self.values],
            "ideal": self.ideal,
        }


@dataclass(frozen=True)
class Table:
    """Figures that say something only beside each other."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def lines(self) -> list[str]:
        rows = (self.header, *self.rows)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        cells = [[cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in rows]
        return [self.title, *("  ".join(row) for row in cells)]

    def as_json(self) -> dict[str, Any]:
        return {"title": self.title, "header": list(self.header), "rows": [list(row) for row in self.rows]}


def number(value: float) -> str:
    """Three digits that matter: 0.123, 1.23, 12.3, 123."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def percentile(values: list[float], percent: int) -> float:
    """The nearest rank: the smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
