"""How a fleet is to be, and the command line that says so."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from prewarm.simulator.pace import Pace

MOST_NODES = 5_000
# Nothing but the pull takes time, so that a pod has its verdict when its last image is there; the rest as in a kubelet.
PACE = Pace(sandbox=0.0, relist=0.02, report=10.0)
# For tests that want to see the second and third look at a pod: a back-off of 0.4 s instead of 10.
QUICK = Pace(
    relist=0.05,
    sync=0.4,
    back_off=0.4,
    back_off_most=3.0,
    report=0.1,
    collect=8.0,
    retry_job=0.2,
    evict=0.2,
    bookmark=1.0,
)


@dataclass(frozen=True)
class Options:
    """`speed` is how many seconds a pull takes, at least and at most. Each node renews its lease every `lease` s.

    A `terse` fleet saves the API server what a benchmark does not ask for: that a pod has begun is told only if there
    is nothing else to tell within HOLD seconds, of the events only Pulling and the first Pulled, and once an hour, not
    every five minutes, that a node is as it was.
    """

    kubeconfig: Path
    nodes: int = 100
    images: int = 50
    speed: tuple[float, float] = (0.2, 0.8)
    lease: float = 10.0
    terse: bool = False
    pace: Pace = PACE
    port: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.nodes <= MOST_NODES:
            raise ValueError(f"nodes must be from 1 to {MOST_NODES}, got {self.nodes}.")
        if not 0 <= self.images <= 50:
            raise ValueError(f"images must be from 0 to 50, got {self.images}.")
        if not 0 <= self.speed[0] <= self.speed[1]:
            raise ValueError(f"speed must be MIN-MAX seconds, got {self.speed[0]:g}-{self.speed[1]:g}.")


def parse() -> Options:
    """The command line of `python -m tests.fleet`."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description="Simulated kubelets on an API server.")
    parser.add_argument("--kubeconfig", type=Path, required=True, metavar="FILE", help="of an administrator")
    parser.add_argument("--nodes", type=int, default=100, metavar="N", help="how many (default 100)")
    parser.add_argument("--images", type=int, default=50, metavar="N", help="that each has from the start (default 50)")
    parser.add_argument("--speed", default="0.2-0.8", metavar="MIN-MAX", help="seconds that a pull takes")
    parser.add_argument("--lease", type=float, default=10.0, metavar="S", help="seconds between renewals (default 10)")
    parser.add_argument("--terse", action="store_true", help="fewer statuses and events, for benchmarks")
    parser.add_argument("--quick", action="store_true", help="short pauses between two looks at a pod, for tests")
    parser.add_argument("--port", type=int, default=0, metavar="P", help="where it can be told things (see control.py)")
    given = parser.parse_args()
    try:
        fastest, _, slowest = str(given.speed).partition("-")
        return Options(
            kubeconfig=given.kubeconfig,
            nodes=given.nodes,
            images=given.images,
            speed=(float(fastest), float(slowest or fastest)),
            lease=given.lease,
            terse=given.terse,
            pace=QUICK if given.quick else PACE,
            port=given.port,
        )
    except ValueError as error:
        parser.error(str(error))
