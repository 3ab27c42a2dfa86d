"""One process under supervision."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FIRST_DELAY, LONGEST_DELAY = 0.5, 5.0
STEADY_AFTER = 30.0  # seconds alive after which the next death is a new story
LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1


class Child:
    """A process that is started again when it ends, until it is told to stop.

    It lives in a process group of its own, so that Ctrl-C reaches only the supervisor and a stop reaches all that
    the child has started. It cannot outlive the supervisor: on Linux the kernel kills it, elsewhere a leash does.
    """

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], logs: Path, *, is_foundation: bool = False
    ) -> None:
        self.name = name
        self.is_foundation = is_foundation  # stopped after all others, for they lean on it
        self.command = command
        self.environment = environment
        self.log = logs / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self._delay = FIRST_DELAY
        self._started = 0.0
        self._due = 0.0

    def start(self) -> None:
        self.rotate_log()
        command, on_start = self.command, None
        if sys.platform == "linux":
            on_start = _die_with(os.getpid())
        else:
            command = [sys.executable, "-m", "ips.supervisor.leash", *command]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=on_start,
            )
        self.starts += 1
        self._started = time.monotonic()

    def revive(self) -> str | None:
        """Start the process if it has ended and its delay is over. Returns what to tell when it has just ended."""
        if self.process is None:
            if time.monotonic() >= self._due:
                self.start()
            return None
        status = self.process.poll()
        if status is None:
            return None
        self.signal(signal.SIGKILL)  # what it has left behind in its group
        self.process = None
        if time.monotonic() - self._started > STEADY_AFTER:
            self._delay = FIRST_DELAY
        delay, self._delay = self._delay, min(self._delay * 2, LONGEST_DELAY)
        self._due = time.monotonic() + delay
        return f"{self.name} {reason_of(status)}; starting it again in {delay:g} s"

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # nobody is left in the group

    def rotate_log(self) -> None:
        """Keep the last 10 to 20 MB. The process goes on writing to the same file, which is copied and emptied."""
        if not self.log.exists() or self.log.stat().st_size < LOG_BYTES:
            return
        self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
        os.truncate(self.log, 0)


def reason_of(status: int) -> str:
    """How a process ended, in words: its exit status, or the signal that killed it."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def _die_with(supervisor: int) -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died in between: the kernel has nothing left to tell us
            os._exit(1)

    return ask_kernel
