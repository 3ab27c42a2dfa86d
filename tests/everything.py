"""`make test`: every suite, and the counts of all of them in the last line.

    python -m tests.everything [--quick | --long] [SUITE…]

1. Lanes run side by side, each one suite after the other: one keeps a processor busy, the others mostly wait, for
   leases to end, for a browser, for nodes. What a suite prints is shown whole when it ends.
2. Where a few tests failed in such company, they run once more, alone. What passes then counts as passed, and is named
   above the last line. More than a few failures get no second try, and never one that broke a limit or an invariant.

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.suites import LANES, LONG, QUICK_UNITS, SUITES, Suite

FEW = 5
NEVER_AGAIN = ("OverTheCap", "NotWell")


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


@dataclass
class Ended:
    """What came of a suite; `failures` maps the name of each failed test to its message."""

    counts: Counts
    seconds: float
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def may_try_again(self) -> bool:
        """Every failure is a test's, and none broke what must never break."""
        grave = any(word in message for message in self.failures.values() for word in NEVER_AGAIN)
        return 0 < self.counts.failed <= len(self.failures) and not grave


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.everything", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no databases, browsers, clusters")
    parser.add_argument("--long", action="store_true", help="the suites of make test-long instead, some hours")
    parser.add_argument("suites", nargs="*", help=f"only these: {', '.join(suite.name for suite in SUITES + LONG)}")
    options = parser.parse_args()
    wanted = [QUICK_UNITS, *(suite for suite in SUITES if suite.quick)] if options.quick else SUITES
    wanted = LONG if options.long else wanted
    wanted = [suite for suite in wanted if not options.suites or suite.name in options.suites]
    with tempfile.TemporaryDirectory() as memory:
        ended = run_side_by_side(wanted, Path(memory), quick=options.quick)
        passed_alone = try_again(wanted, ended, Path(memory))
    total = Counts()
    print()
    for suite in wanted:
        total.add(ended[suite.name].counts)
        print(f"{ended[suite.name].seconds:7.1f} s  {suite.name}: {ended[suite.name].counts}")
    for name in passed_alone:
        print(f"failed in company, passed alone: {name}")
    print(total, flush=True)
    return 1 if total.failed else 0


def run_side_by_side(suites: list[Suite], memory: Path, *, quick: bool) -> dict[str, Ended]:
    """Run each lane's suites in their order; the quick ones, all of the busy lane, in two halves."""
    if quick:
        lanes = {"first half": suites[::2], "second half": suites[1::2]}
    else:
        lanes = {lane: [suite for suite in suites if suite.lane == lane] for lane in LANES}
    running: dict[str, Future[dict[str, Ended]]] = {}
    with ThreadPoolExecutor(len(lanes)) as pool:
        for lane, its_suites in lanes.items():
            before = [running[other] for other in LANES.get(lane, ())]
            running[lane] = pool.submit(run_lane, its_suites, memory, before)
    return {name: outcome for lane in running.values() for name, outcome in lane.result().items()}


def run_lane(suites: list[Suite], memory: Path, before: Sequence[Future[Any]]) -> dict[str, Ended]:
    wait(before)
    return {suite.name: run(suite, memory / suite.name) for suite in suites}


def try_again(suites: list[Suite], ended: dict[str, Ended], memory: Path) -> list[str]:
    """Run once more what failed, if it is little; a suite of which all passes then has passed. Returns those tests."""
    if sum(outcome.counts.failed for outcome in ended.values()) > FEW:
        return []
    passed: list[str] = []
    for suite in suites:
        first = ended[suite.name]
        if not suite.again or not first.may_try_again:
            continue
        second = run(suite, memory / suite.name, suite.again)
        first.seconds += second.seconds
        if second.counts.passed and not second.counts.failed:
            first.counts.passed, first.counts.failed = first.counts.passed + first.counts.failed, 0
            passed += first.failures
    return passed


def run(suite: Suite, memory: Path, more: Sequence[str] = ()) -> Ended:
    """Run one suite and count what it reports; it may remember in `memory` what failed."""
    started = time.monotonic()
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        places = {"{report}": str(report), "{cache}": str(memory)}
        process = subprocess.Popen(
            [put_in(word, places) for word in [*suite.command, *more]],
            cwd=suite.where,
            env={**os.environ, **{name: put_in(value, places) for name, value in suite.environment.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, code, busy = read_out(process)
        if report.is_file():
            counts, failures = count(report), failed_in(report)
        else:
            counts = Counts(passed=int(code == 0))
    if code and not counts.failed:
        counts.failed += 1
    seconds = time.monotonic() - started
    again = ", what failed once more" if more else ""
    print(f"\n== {suite.name}{again}, {seconds:.0f} s, {busy:.0f} s of a processor\n{output}", end="", flush=True)
    return Ended(counts, seconds, failures)


def read_out(process: subprocess.Popen[bytes]) -> tuple[str, int, float]:
    """What it printed, its exit code, and the seconds of a processor that it and all it waited for used."""
    assert process.stdout
    with process.stdout:
        output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return output, process.returncode, usage.ru_utime + usage.ru_stime


def put_in(word: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        word = word.replace(place, value)
    return word


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


def failed_in(report: Path) -> dict[str, str]:
    """The names of a JUnit report's failed tests, each with all that it says of the failure."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if told := [*case.findall("failure"), *case.findall("error")]:
            name = f"{case.get('classname', '')}::{case.get('name', '')}"
            found[name] = " ".join(f"{one.get('message', '')} {one.text or ''}" for one in told)
    return found


if __name__ == "__main__":
    sys.exit(main())
