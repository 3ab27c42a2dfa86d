"""What long commands are doing: a line now and then on the screen, everything in a log file."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class CannotRun(Exception):
    """A sentence about why there is no cluster, for whoever asked for one."""


def say(text: str) -> None:
    sys.stderr.write(f"cluster: {text}\n")
    sys.stderr.flush()


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    what: str,
    count: str = "lines",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    every_seconds: float = 10,
) -> None:
    """Run a command with its output in `log`; say every ten seconds how many lines it wrote (its `count`).

    Raises CannotRun with the last lines of the log when the command fails.
    """
    started = said = time.monotonic()
    lines = 0
    say(what)
    with (
        log.open("ab") as target,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            target.write(line)
            lines += 1
            if time.monotonic() - said >= every_seconds:
                said = time.monotonic()
                say(f"{what}: {lines} {count} after {said - started:.0f} s")
    if process.returncode:
        raise CannotRun(f"{what} failed (exit status {process.returncode}), see {log}:\n{last_lines(log)}")


def last_lines(log: Path, lines: int = 12) -> str:
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took once it has succeeded."""
    started = time.monotonic()
    yield
    say(f"{what} after {time.monotonic() - started:.1f} s")
