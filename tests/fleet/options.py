"""How a fleet is to be, and the command line that says so."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from prewarm.simulator.pace import Pace

MOST_NODES = 5_000
# A pod without a sandbox to wait for has its verdict as soon as its last image is there.
PACE = Pace(sandbox=0.0, relist=0.02, report=10.0, bookmark=60.0)


@dataclass(frozen=True)
class Options:
    """`speed` is how many seconds a pull takes, at least and at most. Each node renews its lease every `lease` s."""

    kubeconfig: Path
    nodes: int = 100
    speed: tuple[float, float] = (0.2, 0.8)
    lease: float = 10.0
    port: int = 0
    pace: Pace = field(default_factory=lambda: PACE)

    def __post_init__(self) -> None:
        if not 0 < self.nodes <= MOST_NODES:
            raise ValueError(f"nodes must be from 1 to {MOST_NODES}, got {self.nodes}.")
        if not 0 <= self.speed[0] <= self.speed[1]:
            raise ValueError(f"speed must be MIN-MAX seconds, got {self.speed[0]:g}-{self.speed[1]:g}.")


def parse() -> Options:
    """The command line of `python -m tests.fleet`."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description="Simulated kubelets on an API server.")
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="FILE", help="of an administrator")
    parser.add_argument("--nodes", type=int, default=100, metavar="N", help="how many (default 100)")
    parser.add_argument("--speed", default="0.2-0.8", metavar="MIN-MAX", help="seconds that a pull takes")
    parser.add_argument("--lease", type=float, default=10.0, metavar="S", help="seconds between renewals (default 10)")
    parser.add_argument("--port", type=int, default=0, metavar="P", help="where it can be told things (see control.py)")
    given = parser.parse_args()
    try:
        fastest, _, slowest = str(given.speed).partition("-")
        speed = (float(fastest), float(slowest or fastest))
        return Options(given.kubeconfig, given.nodes, speed, given.lease, given.port)
    except ValueError as error:
        parser.error(str(error))
