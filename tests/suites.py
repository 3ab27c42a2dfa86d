"""The suites of `make test` and `make test-long`, and the lanes that they run in."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.cluster.machine.versions import VERSIONS

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]
LAST_FAILED = ("--last-failed", "--last-failed-no-failures=none")
FRONTEND = ROOT / "frontend"
BACKEND = ["tests", *(f"--ignore=tests/{folder}" for folder in ("cluster", "contract", "faults", "fleet"))]

# Each lane and those that must have ended before. Three are at work at any time; more keep two processors no busier,
# and make all that waits for a process or a node wait longer. Chromium drops what it is loading whenever a pod's
# network interface comes or goes, and the soak tells how long takeovers take on a machine that does nothing else.
LANES: dict[str, tuple[str, ...]] = {
    "busy": (),
    "faults": (),
    "browser": (),
    "real clusters": ("browser",),
    "api server": ("busy", "browser"),
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
    again: tuple[str, ...] = ()  # what makes it run only what failed the last time


def npm(name: str, script: str, *arguments: str, quick: bool = False) -> Suite:
    return Suite(name, ["npm", "run", "--silent", script, "--", *arguments], FRONTEND, quick=quick)


def on_real_clusters() -> list[Suite]:
    """What needs two real nodes of each version; the first version's suite has the tests that need none in particular.

    One after the other: only one version's images may run at a time (`marks`).
    """
    suites: list[Suite] = []
    for number, version in enumerate(VERSIONS):
        chosen = " and ".join(f"not {other}" for other in VERSIONS if other != version) if number == 0 else version
        cluster = ("-m", "cluster", "-k")
        suites += [
            pytest_suite(f"real nodes, {version}", "tests/cluster", *cluster, chosen, lane="real clusters"),
            pytest_suite(f"contract, {version}", "tests/contract", *cluster, version, lane="real clusters"),
        ]
    return suites


def pytest_suite(name: str, *arguments: str, lane: str = "busy", **environment: str) -> Suite:
    command = [*PYTEST, *arguments, "--junitxml={report}", "-o", "cache_dir={cache}"]
    return Suite(name, command, environment=environment, lane=lane, again=LAST_FAILED)


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
    npm("frontend budget", "budget"),  # of what `make test` built: to build anew here would take it from the browser
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
    Suite("permission mutants", [sys.executable, "-m", "tests.mutants", "--write"]),
    Suite("soak", [sys.executable, "-m", "tests.soak", "--minutes", "30", "--write"], lane="soak"),
]
QUICK_UNITS = pytest_suite("units", *BACKEND, "-m", "quick")
