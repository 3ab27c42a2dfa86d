"""How fast IPS is on this machine: each figure beside its goal and the ideal of the same run. Judges nothing.

    python -m tests.bench [--runs 3] [--publish] [ROW…]

A row that is named brings those that are measured with it.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys

from tests.bench.experiments import EXPERIMENTS
from tests.bench.figures import Figure, Table
from tests.bench.publish import publish

NAMES = [row for experiment in EXPERIMENTS for row in experiment.rows]


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that everything is ended
    logging.getLogger("httpx").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"only these: {', '.join(NAMES)}")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="of each row; the median counts (default 3)")
    parser.add_argument("--publish", action="store_true", help="write docs/performance.md and docs/performance.json")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(NAMES):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    measured: list[Figure | Table] = []
    for experiment in EXPERIMENTS:
        if options.rows and not set(options.rows) & set(experiment.rows):
            continue
        for result in experiment.measure(options.runs):
            measured.append(result)
            print("\n".join(["", *result.lines(), ""]) if isinstance(result, Table) else result.line(), flush=True)
    if options.publish:
        publish(measured)


if __name__ == "__main__":
    main()
