"""What the fault tests did to IPS, and how it went on: counted, and printed at the end of the run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any


class Tally:
    """Kills by part; takeovers from expired leases, with the seconds since the last kill; writes that were fenced."""

    def __init__(self) -> None:
        self.kills: Counter[str] = Counter()
        self.freezes: Counter[str] = Counter()
        self.takeovers = 0
        self.fenced = 0
        self.repeated = 0
        self.seconds: list[float] = []
        self._killed_at = 0.0

    def kill(self, part: str) -> None:
        self.kills[_kind(part)] += 1
        self._killed_at = time.time()

    def freeze(self, part: str) -> None:
        self.freezes[_kind(part)] += 1
        self._killed_at = time.time()

    def read(self, line: dict[str, Any]) -> None:
        """Take in a line of a worker's log."""
        match line.get("msg"):
            case "took over a batch":
                self.takeovers += 1
                if self._killed_at:
                    self.seconds.append(datetime.fromisoformat(line["ts"]).timestamp() - self._killed_at)
                    self._killed_at = 0.0
            case "fenced write" | "lost a batch":
                self.fenced += 1
            case "transaction repeated":
                self.repeated += 1

    def lines(self) -> Iterator[str]:
        yield f"kills: {_told(self.kills)}; stops (SIGSTOP): {_told(self.freezes)}"
        yield f"takeovers: {self.takeovers}{_quantiles(self.seconds)}"
        yield f"writes fenced off or batches dropped: {self.fenced}; transactions repeated: {self.repeated}"


TALLY = Tally()


def _kind(part: str) -> str:
    return part.rstrip("0123456789-")


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _quantiles(seconds: list[float]) -> str:
    if not seconds:
        return ""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"; seconds from kill to takeover: median {ordered[len(ordered) // 2]:.1f}, p95 {p95:.1f}"
