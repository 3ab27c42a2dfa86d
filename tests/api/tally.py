"""How much of the API was asked for, and how it answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    answers: Counter[int] = field(default_factory=Counter)
    good: dict[str, int] = field(default_factory=dict)  # by operation: answers below 400

    def add(self, operation: str, status: int) -> None:
        self.answers[status] += 1
        self.good[operation] = self.good.get(operation, 0) + (status < 400)

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.answers.items()))
        reached = sum(1 for count in self.good.values() if count)
        return (
            f"Schemathesis: {len(self.good)} operations, {self.answers.total():,} answers ({statuses}); "
            f"{reached} operations did what they are for"
        )


TALLY = Tally()
