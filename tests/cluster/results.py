"""Figures that the tests measured on the way, shown under their results; no test judges them."""

from dataclasses import dataclass, field


@dataclass
class Results:
    """`wanted` once a test asked for a real cluster."""

    wanted: bool = False
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        self.lines.append(line)


RESULTS = Results()
