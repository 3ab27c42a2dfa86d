"""One process of IPS on the stage: started, killed, stopped and continued by tests, and brought back when it died."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from prewarm.crash_points import KILLED
from tests.faults.tally import TALLY

COMES_BACK_AFTER = 0.3


class Part:
    """A process in a group of its own, its output in `<name>.log`. It cannot outlive the tests: the kernel sees to it.

    What dies is started again by `revive`, as a supervisor would do, without what one start was given as its own.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        logs: Path,
        *,
        says_when_up: bytes = b"",
        where: Path | None = None,
    ) -> None:
        self.name = name
        self.says_when_up = says_when_up
        self.where = where
        self.command = command
        self.environment = environment
        self.log = logs / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = False
        self._dead_since = 0.0
        self._log_at_start = 0

    def start(self, *, output: Path | None = None, **environment: str) -> None:
        """Start it; `environment` and `output` are for this start alone."""
        self.wanted = True
        self._log_at_start = self.log.stat().st_size if self.log.exists() else 0
        with (output or self.log).open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.command],
                env={**self.environment, **environment},
                cwd=self.where,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def status(self) -> int | None:
        """Its exit status once it has ended by itself or by a signal (negative)."""
        return self.process.poll() if self.process else None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def up(self) -> bool:
        """Whether it has said that it works, since its last start."""
        if not self.alive() or not self.says_when_up:
            return self.alive()
        with self.log.open("rb") as log:
            log.seek(self._log_at_start)
            return self.says_when_up in log.read()

    def revive(self) -> None:
        """Start it again a little after it died."""
        if not self.wanted or self.alive():
            self._dead_since = 0.0
        elif not self._dead_since:
            self._dead_since = time.monotonic()
        elif time.monotonic() - self._dead_since >= COMES_BACK_AFTER:
            self.start()

    def send(self, number: signal.Signals) -> None:
        if self.alive():
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """kill -9 of the whole group; it comes back only when something looks after it."""
        TALLY.kill(self.name)
        self.send(signal.SIGKILL)
        self._wait(10)

    def dies(self) -> bool:
        """Whether it has killed itself at its crash point; counted as a kill."""
        if self.status != KILLED:
            return False
        TALLY.kill(self.name)
        return True

    def frozen(self) -> bool:
        """Whether it is stopped, by us or at its crash point."""
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def freezes(self) -> bool:
        """Whether it has stopped itself at its crash point; counted as a stop."""
        if not self.frozen():
            return False
        TALLY.freeze(self.name)
        return True

    def freeze(self) -> None:
        """SIGSTOP: it neither works nor dies, and its connections stay open."""
        TALLY.freeze(self.name)
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def end(self, seconds: float = 15) -> int:
        """Ask it to end and wait for that; its exit status."""
        self.ask_to_end()
        return self._wait(seconds)

    def ask_to_end(self) -> None:
        """SIGTERM, and not to come back."""
        self.wanted = False
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)

    def _wait(self, seconds: float) -> int:
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"{self.name} did not end within {seconds:g} s") from None
