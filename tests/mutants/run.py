"""Runs the tests of permissions against one mutant after another, each in the same copy of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.doors import Mutant
from tests.suites import ROOT

COPIED = ("accounts", "ips", "prewarm", "webhooks", "tests", "docs", "manage.py", "pyproject.toml")
# What needs no database, then the routes where most doors are, then everything about permissions.
WHERE_MOST_ARE = ("task-list", "task-detail", "membership-detail", "session-detail", "api-key-detail", "audit-list")
ACCOUNTS = (
    *("matrix", "idor", "tenant_borders", "members", "users", "api_keys", "audit", "cookies", "sign_in", "sessions"),
    *("permission_file", "admin_routes", "admin_site", "foreign_ids", "idempotency"),
)
STAGES = (
    ["tests/accounts/test_permission_file.py"],
    ["tests/accounts/test_matrix.py", "-k", " or ".join(WHERE_MOST_ARE)],
    [
        *(f"tests/accounts/test_{name}.py" for name in ACCOUNTS),
        *(f"tests/prewarm/test_{name}.py" for name in ("precedence", "settings_api", "tenant_rules", "tenant_limits")),
    ],
)
LONGEST_SECONDS = 1800
STOPPED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """`by` is the test that noticed; empty when none did, and the door stood open."""

    mutant: str
    by: str


def copied(folder: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def judged(folder: Path, mutant: Mutant) -> Verdict:
    """Open the door, run the tests until one notices, and close it again."""
    place = folder / mutant.file
    whole = place.read_text(encoding="utf-8")
    place.write_text(mutant.text, encoding="utf-8")
    try:
        return Verdict(str(mutant), noticed(folder))
    finally:
        place.write_text(whole, encoding="utf-8")


def noticed(folder: Path) -> str:
    """The first test that fails, or `the start` where nothing starts any more; empty when all pass."""
    for tests in STAGES:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
        if run.returncode:
            found = STOPPED.search(run.stdout)
            return found[1] if found else "the start"
    return ""
