"""`make test`: every suite, and the counts of all of them in the last line.

    python -m tests.everything [--quick | --long] [SUITE…]

Lanes run side by side, each one suite after the other: one keeps a processor busy, the others mostly wait, for
leases to end, for a browser, for nodes. What a suite prints is shown whole when it ends.

A suite that reports its tests (JUnit XML) counts them; any other counts as one. What could not run is skipped, and
with CI=true failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.cluster.machine.versions import VERSIONS

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]
FRONTEND = ROOT / "frontend"
BACKEND = ["tests", *(f"--ignore=tests/{folder}" for folder in ("cluster", "contract", "faults", "fleet"))]

# Each lane and those that must have ended before: Chromium drops what it is loading whenever a pod's network interface
# comes or goes, and the soak tells how long takeovers take on a machine that does nothing else.
LANES: dict[str, tuple[str, ...]] = {
    "busy": (),
    "faults": (),
    "browser": (),
    "api server": ("browser",),
    **dict.fromkeys(VERSIONS, ("browser",)),
    "soak": ("busy", "faults", "api server"),
}


@dataclass(frozen=True)
class Suite:
    name: str
    command: list[str]
    where: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    quick: bool = False
    lane: str = "busy"


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Counts) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def npm(name: str, script: str, *arguments: str, quick: bool = False) -> Suite:
    return Suite(name, ["npm", "run", "--silent", script, "--", *arguments], FRONTEND, quick=quick)


def on_real_clusters() -> list[Suite]:
    """What needs two real nodes of each version; the first version's suite has the tests that need none in particular.

    Only one version's images may run at a time (`marks`), so every other lane begins with the contract.
    """
    suites: list[Suite] = []
    for number, version in enumerate(VERSIONS):
        chosen = " and ".join(f"not {other}" for other in VERSIONS if other != version) if number == 0 else version
        pair = [
            pytest_suite(f"real nodes, {version}", "tests/cluster", "-m", "cluster", "-k", chosen, lane=version),
            pytest_suite(f"contract, {version}", "tests/contract", "-m", "cluster", "-k", version, lane=version),
        ]
        suites += reversed(pair) if number % 2 else pair
    return suites


def pytest_suite(name: str, *arguments: str, lane: str = "busy", **environment: str) -> Suite:
    return Suite(name, [*PYTEST, *arguments, "--junitxml={report}"], environment=environment, lane=lane)


PROCESS_FAULTS = pytest_suite("faults, processes", "tests/faults", "-m", "not api_server", lane="faults")
API_FAULTS = pytest_suite("faults, API server", "tests/faults", "-m", "api_server", lane="api server")
SUITES = [
    Suite("lint", [sys.executable, "-m", "ruff", "check", "."], quick=True),
    Suite("format", [sys.executable, "-m", "ruff", "format", "--check", "."], quick=True),
    Suite("types", [sys.executable, "-m", "mypy", "ips", "accounts", "prewarm", "webhooks"], quick=True),
    Suite(
        "migrations",
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        environment={"IPS_DB_NAME": ":memory:"},
        quick=True,
    ),
    npm("frontend lint", "lint", quick=True),
    npm("frontend types", "typecheck", quick=True),
    npm("frontend units", "test", "--reporter=default", "--reporter=junit", "--outputFile.junit={report}", quick=True),
    npm("frontend build", "build", "--logLevel", "warn"),
    npm("frontend budget", "budget"),
    pytest_suite("backend, SQLite", *BACKEND),
    pytest_suite("contract, simulator", "tests/contract", "-m", "not cluster"),
    PROCESS_FAULTS,
    pytest_suite("backend, MariaDB", *BACKEND, "-m", "databases", lane="faults", IPS_TEST_DATABASE="mysql"),
    Suite(
        "browser",
        ["npm", "run", "--silent", "e2e", "--", "--reporter=list,junit"],
        FRONTEND,
        {"PLAYWRIGHT_JUNIT_OUTPUT_FILE": "{report}"},
        lane="browser",
    ),
    pytest_suite("fleet", "tests/fleet", lane="api server"),
    API_FAULTS,
    *on_real_clusters(),
]
POINTS = ["--points", "20"]
STATE_MACHINE = ["tests/prewarm/test_state_machine.py", "--hypothesis-profile=long"]
# What `make test` does in minutes, for hours: more points, more examples, half an hour of random kills.
LONG = [
    replace(PROCESS_FAULTS, name="faults, processes, 20 points", command=[*PROCESS_FAULTS.command, *POINTS]),
    replace(API_FAULTS, name="faults, API server, 20 points", command=[*API_FAULTS.command, *POINTS]),
    pytest_suite("state machine, SQLite", *STATE_MACHINE),
    pytest_suite("state machine, MariaDB", *STATE_MACHINE, IPS_TEST_DATABASE="mysql"),
    Suite("soak", [sys.executable, "-m", "tests.soak", "--minutes", "30", "--write"], lane="soak"),
]
QUICK_UNITS = pytest_suite("units", *BACKEND, "-m", "quick")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.everything", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no databases, browsers, clusters")
    parser.add_argument("--long", action="store_true", help="the suites of make test-long instead, some hours")
    parser.add_argument("suites", nargs="*", help=f"only these: {', '.join(suite.name for suite in SUITES + LONG)}")
    options = parser.parse_args()
    wanted = [QUICK_UNITS, *(suite for suite in SUITES if suite.quick)] if options.quick else SUITES
    wanted = LONG if options.long else wanted
    wanted = [suite for suite in wanted if not options.suites or suite.name in options.suites]
    ended = run_side_by_side(wanted, quick=options.quick)
    total = Counts()
    print()
    for suite in wanted:
        counts, seconds = ended[suite.name]
        total.add(counts)
        print(f"{seconds:7.1f} s  {suite.name}: {counts}")
    print(total, flush=True)
    return 1 if total.failed else 0


def run_side_by_side(suites: list[Suite], *, quick: bool) -> dict[str, tuple[Counts, float]]:
    """Run each lane's suites in their order; the quick ones, all of the busy lane, in two halves."""
    if quick:
        lanes = {"first half": suites[::2], "second half": suites[1::2]}
    else:
        lanes = {lane: [suite for suite in suites if suite.lane == lane] for lane in LANES}
    running: dict[str, Future[dict[str, tuple[Counts, float]]]] = {}
    with ThreadPoolExecutor(len(lanes)) as pool:
        for lane, its_suites in lanes.items():
            before = [running[other] for other in LANES.get(lane, ())]
            running[lane] = pool.submit(run_lane, its_suites, before)
    return {name: outcome for lane in running.values() for name, outcome in lane.result().items()}


def run_lane(suites: list[Suite], before: Sequence[Future[Any]]) -> dict[str, tuple[Counts, float]]:
    wait(before)
    return {suite.name: run(suite) for suite in suites}


def run(suite: Suite) -> tuple[Counts, float]:
    """Run one suite and count what it reports. Returns the counts, and how many seconds it took."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = [word.replace("{report}", str(report)) for word in suite.command]
        given = {name: value.replace("{report}", str(report)) for name, value in suite.environment.items()}
        done = subprocess.run(
            command,
            cwd=suite.where,
            env={**os.environ, **given},
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        counts = count(report) if report.is_file() else Counts(passed=int(done.returncode == 0))
    if done.returncode and not counts.failed:
        counts.failed += 1
    seconds = time.monotonic() - started
    output = done.stdout.decode(errors="replace")
    print(f"\n== {suite.name}, {seconds:.0f} s\n{output}", end="", flush=True)
    return counts, seconds


def count(report: Path) -> Counts:
    """Passed, failed and skipped tests of a JUnit report. In CI a test that did not run has failed."""
    counts = Counts()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        counts.add(Counts(tests - failed - skipped, failed, skipped))
    if os.environ.get("CI", "").lower() in ("1", "true"):
        counts.failed, counts.skipped = counts.failed + counts.skipped, 0
    return counts


if __name__ == "__main__":
    sys.exit(main())
