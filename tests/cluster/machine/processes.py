"""Processes that outlive the command that started them, and end by their ids, also after a crash of that command.

Every process gets a file `run/NAME.pid` with its id and its start time: an id that was given to another process since
is never touched. Every process also carries the environment variable MARK, which its children inherit, so that one
whose file was not written any more is found as well.
"""

import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.machine.progress import CannotRun, last_lines

MARK = "IPS_CLUSTER_PROCESS_OF"


@dataclass(frozen=True)
class Process:
    """A process, named so that no later one with the same id is meant: id and start time (clock ticks since boot)."""

    pid: int
    started: int

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this very process. The descriptor keeps the id from being given away in between."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if start_time(self.pid) == self.started:
                signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(descriptor)

    def is_alive(self) -> bool:
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # a child of ours that has ended would stay as a zombie
        return start_time(self.pid) == self.started


def start_time(pid: int) -> int | None:
    """Field 22 of /proc/PID/stat (proc(5)); None when there is no such process, or only a zombie of it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


class Processes:
    """The processes of one running cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pids = folder / "run"
        self.logs = folder / "log"

    def start(self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> Process:
        """Start a process in a session of its own, its output in `log/NAME.log`; write down its id and start time.

        `env` is its whole environment; without it, the same as ours. It inherits no other file: a lock that whoever
        started us holds (`flock FILE pytest …`) would last as long as the cluster.
        """
        self.pids.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        output = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawnp(
            str(command[0]),
            [str(word) for word in command],
            {**(os.environ if env is None else env), MARK: str(self.folder)},
            setsid=True,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.logs / f"{name}.log"), output, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                *((os.POSIX_SPAWN_CLOSE, inherited) for inherited in inheritable_files()),
            ],
        )
        process = Process(pid, start_time(pid) or 0)
        unfinished = self.pids / f".{name}.pid"
        unfinished.write_text(f"{process.pid} {process.started}\n")
        unfinished.replace(self.pids / f"{name}.pid")
        return process

    def find(self, name: str) -> Process | None:
        """The running process of that name."""
        try:
            pid, started = (int(word) for word in (self.pids / f"{name}.pid").read_text().split())
        except (OSError, ValueError):
            return None
        process = Process(pid, started)
        return process if process.is_alive() else None

    def must_run(self, name: str) -> None:
        """Raise with the end of its log when a process has ended by itself."""
        if self.find(name) is None:
            raise CannotRun(f"{name} has ended:\n{last_lines(self.logs / f'{name}.log')}")

    def stop(self, name: str, *, seconds: float = 10) -> None:
        """End one process and wait for it."""
        if process := self.find(name):
            end([process], seconds=seconds)
        (self.pids / f"{name}.pid").unlink(missing_ok=True)

    def names(self) -> list[str]:
        """All that were started and not stopped, the latest first."""
        files = sorted(self.pids.glob("*.pid"), key=lambda file: file.stat().st_mtime, reverse=True)
        return [file.stem for file in files]

    def marked(self) -> list[Process]:
        """Every process that carries our mark, whoever its parent is now."""
        mark = f"{MARK}={self.folder}".encode()
        return [process for process in everything() if mark in environment(process.pid)]

    def inside_containers(self) -> list[Process]:
        """Every process whose root is a container's file system in our folder: containers outlive their shims."""
        return [process for process in everything() if str(self.folder) in root_mount(process.pid)]


def inheritable_files() -> list[int]:
    """What a child would have open besides its input and output."""
    found = []
    for entry in os.listdir("/proc/self/fd"):
        try:
            if int(entry) > 2 and os.get_inheritable(int(entry)):
                found.append(int(entry))
        except OSError:
            continue  # it was the one that lists them
    return found


def everything() -> Iterable[Process]:
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (started := start_time(int(entry))) is not None:
            yield Process(int(entry), started)


def environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def root_mount(pid: int) -> str:
    """The line of a process's /proc/PID/mountinfo that describes its `/`."""
    try:
        lines = Path(f"/proc/{pid}/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.split()[4] == "/"), "")


def end(processes: Iterable[Process], *, seconds: float) -> None:
    """Ask processes to end, wait so long, then kill what is left and wait for it."""
    left = [process for process in processes if process.is_alive()]
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 10.0)):
        for process in left:
            process.send(number)
        deadline = time.monotonic() + patience
        while (left := [process for process in left if process.is_alive()]) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not left:
            return
    raise CannotRun(f"these processes do not end: {', '.join(str(process.pid) for process in left)}")
