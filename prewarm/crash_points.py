"""Named places where the fault tests let a process die or stop, as a `kill -9` just there would. Off otherwise.

IPS_CRASH_POINT=settled:3           at the third passing the process is gone, exit status 137
IPS_CRASH_POINT=settled:3:stop      at the third passing it stops, as by SIGSTOP, until somebody sends SIGCONT
IPS_CRASH_POINT=creating:1:die:bad  only what concerns a text with `bad` in it counts as a passing
"""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field

KILLED = 128 + signal.SIGKILL
HOW = ("die", "stop")


@dataclass
class CrashPoint:
    """One place, and at which passing of it what happens."""

    name: str
    passing: int
    how: str = "die"
    about: str = ""
    passed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def parse(cls, text: str) -> CrashPoint | None:
        """Read `name:n[:how[:about]]`; None for an empty text. Raises ValueError when it says something else."""
        if not text:
            return None
        name, passing, how, about = [*text.split(":", 3), "", "", ""][:4]
        if how not in ("", *HOW):
            raise ValueError(f"IPS_CRASH_POINT={text}: a process can {' or '.join(HOW)}, not {how}.")
        return cls(name, int(passing or 1), how or "die", about)

    def strikes(self, name: str, about: str) -> bool:
        """Whether this passing is the one. Each is counted once, whatever thread it is in."""
        if name != self.name or self.about not in about:
            return False
        with self._lock:
            self.passed += 1
            return self.passed == self.passing


_CHOSEN = CrashPoint.parse(os.environ.get("IPS_CRASH_POINT", ""))


def crash_point(name: str, about: str = "") -> None:
    """A place where a process may be killed by a test; nothing at all happens in any other process."""
    if _CHOSEN is None or not _CHOSEN.strikes(name, about):
        return
    if _CHOSEN.how == "die":
        os._exit(KILLED)
    # To this thread, which stops all: of a signal to the process another may hear first, and this one goes on.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
