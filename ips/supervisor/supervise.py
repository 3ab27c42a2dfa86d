"""Keep children alive until told to stop, then leave none behind."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from types import FrameType

from ips.supervisor.child import Child
from ips.supervisor.instance import Instance, write_private

LOOK_EVERY = 0.1
ROTATE_EVERY = 60.0
STOP_SECONDS = 8.0


class Supervisor:
    """Starts children, starts them again when they end, and stops them.

    Single-threaded: the kernel ties a child's life to the thread that started it.
    """

    def __init__(self, instance: Instance, tell: Callable[[str], None]) -> None:
        self.instance = instance
        self.children: list[Child] = []
        self.stopping = False
        self._tell = tell
        self._log = (instance.logs / "supervisor.log").open("a", buffering=1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def start(self, *children: Child) -> None:
        for child in children:
            child.start()
            self.children.append(child)
        self._write_processes()

    def watch(self, until: Callable[[], bool]) -> bool:
        """Keep all children alive until the condition holds (True) or we are told to stop (False)."""
        rotate_at = time.monotonic() + ROTATE_EVERY
        while not self.stopping:
            self._revive()
            if until():
                return True
            if time.monotonic() > rotate_at:
                rotate_at += ROTATE_EVERY
                for child in self.children:
                    child.rotate_log()
            time.sleep(LOOK_EVERY)
        return False

    def stop(self) -> None:
        """End all children, the last started first: SIGTERM, and SIGKILL after 8 s for the group of who is left.

        What the others lean on (Valkey, the simulated cluster) was started first and goes when they are gone.
        """
        foundations = [child for child in self.children if child.is_foundation]
        for group in ([child for child in self.children if not child.is_foundation], foundations):
            for child in reversed(group):
                child.signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while any(child.alive() for child in group) and time.monotonic() < deadline:
                time.sleep(0.02)
            for child in group:
                child.signal(signal.SIGKILL)
                if child.process is not None:
                    child.process.wait()
        self.children.clear()
        self._write_processes()

    def note(self, text: str, **fields: object) -> None:
        """A line in supervisor.log."""
        time_now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        line = {"ts": time_now, "level": "info", "logger": "ips.supervisor", "msg": text, **fields}
        self._log.write(json.dumps(line) + "\n")

    def _revive(self) -> None:
        for child in self.children:
            starts = child.starts
            if ended := child.revive():
                self.note(ended, child=child.name)
                self._tell(ended)
            if child.starts > starts:
                self._write_processes()

    def _write_processes(self) -> None:
        alive = {child.name: child.process.pid for child in self.children if child.process is not None}
        write_private(self.instance.directory / "processes.json", json.dumps(alive) + "\n")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
