"""`make test`: every suite, one after the other, and the counts of all of them in the last line.

    python -m tests.everything [--quick] [SUITE…]

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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]
FRONTEND = ROOT / "frontend"
BACKEND = ["tests", "--ignore=tests/cluster", "--ignore=tests/contract"]


@dataclass(frozen=True)
class Suite:
    name: str
    command: list[str]
    where: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)
    quick: bool = False


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
    Suite("backend, SQLite", [*PYTEST, *BACKEND, "--junitxml={report}"]),
    Suite(
        "backend, MariaDB",
        [*PYTEST, *BACKEND, "-m", "databases", "--junitxml={report}"],
        environment={"IPS_TEST_DATABASE": "mysql"},
    ),
    Suite("contract, simulator", [*PYTEST, "tests/contract", "-m", "not cluster", "--junitxml={report}"]),
    Suite(
        "browser",
        ["npm", "run", "--silent", "e2e", "--", "--reporter=list,junit"],
        FRONTEND,
        {"PLAYWRIGHT_JUNIT_OUTPUT_FILE": "{report}"},
    ),
    Suite("real clusters", [*PYTEST, "tests/cluster", "tests/contract", "-m", "cluster", "--junitxml={report}"]),
]
QUICK_UNITS = Suite("units", [*PYTEST, *BACKEND, "-m", "quick", "--junitxml={report}"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.everything", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no databases, browsers, clusters")
    parser.add_argument("suites", nargs="*", help=f"only these: {', '.join(suite.name for suite in SUITES)}")
    options = parser.parse_args()
    wanted = [QUICK_UNITS, *(suite for suite in SUITES if suite.quick)] if options.quick else SUITES
    wanted = [suite for suite in wanted if not options.suites or suite.name in options.suites]
    # The quick suites do not disturb each other: two at once, their output shown when they end.
    with ThreadPoolExecutor(2 if options.quick else 1) as pool:
        outcomes = list(pool.map(lambda suite: run(suite, shown_at_end=options.quick), wanted))
    total = Counts()
    print()
    for suite, (counts, seconds) in zip(wanted, outcomes, strict=True):
        total.add(counts)
        print(f"{seconds:7.1f} s  {suite.name}: {counts}")
    print(total, flush=True)
    return 1 if total.failed else 0


def run(suite: Suite, *, shown_at_end: bool) -> tuple[Counts, float]:
    """Run one suite and count what it reports. Returns the counts, and how many seconds it took."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        command = [word.replace("{report}", str(report)) for word in suite.command]
        given = {name: value.replace("{report}", str(report)) for name, value in suite.environment.items()}
        output = subprocess.PIPE if shown_at_end else None
        if not shown_at_end:
            print(f"\n== {suite.name}", flush=True)
        done = subprocess.run(
            command, cwd=suite.where, env={**os.environ, **given}, check=False, stdout=output, stderr=subprocess.STDOUT
        )
        counts = count(report) if report.is_file() else Counts(passed=int(done.returncode == 0))
    if done.returncode and not counts.failed:
        counts.failed += 1
    if shown_at_end:
        print(f"\n== {suite.name}\n{done.stdout.decode(errors='replace')}", end="", flush=True)
    return counts, time.monotonic() - started


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
