"""Children are kept alive, and none outlives the supervisor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ips.supervisor.child import LOG_BYTES, Child, reason_of
from tests.processes import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent

# A supervisor of stand-ins: one ordinary, one deaf to SIGTERM, one that has a child of its own.
SUPERVISOR = """
import sys
from pathlib import Path
from types import SimpleNamespace
from ips.supervisor.child import Child
from ips.supervisor.supervise import Supervisor
from ips.supervisor import supervise

supervise.STOP_SECONDS = 1.0
directory = Path(sys.argv[1])
supervisor = Supervisor(SimpleNamespace(directory=directory, logs=directory), lambda text: print(text, flush=True))
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
parent = "import subprocess; subprocess.run(['sleep', '600'])"
commands = {"plain": ["sleep", "600"], "deaf": [sys.executable, "-c", deaf], "parent": [sys.executable, "-c", parent]}
supervisor.start(*[Child(name, command, {"PATH": "/usr/bin:/bin"}, directory) for name, command in commands.items()])
try:
    supervisor.watch(until=lambda: False)
finally:
    supervisor.stop()
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def children_of(pid: int) -> list[int]:
    """All processes below this one, from /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    below = [child for child, parent in parents.items() if parent == pid]
    return below + [grandchild for child in below for grandchild in children_of(child)]


@pytest.fixture
def supervisor(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=(tmp_path / "out").open("w"),
        stderr=subprocess.STDOUT,
    )
    wait_until(
        lambda: len(processes(tmp_path)) == 3 and len(children_of(process.pid)) == 4, "three children and one more"
    )
    yield process
    process.kill()
    process.wait()


def processes(directory: Path) -> dict[str, int]:
    try:
        found: dict[str, int] = json.loads((directory / "processes.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def test_a_child_that_is_killed_is_started_again_and_the_log_says_why(supervisor, tmp_path):
    first = processes(tmp_path)["plain"]

    os.kill(first, signal.SIGKILL)

    wait_until(lambda: processes(tmp_path).get("plain") not in (first, None), "another process in its place")
    assert alive(processes(tmp_path)["plain"])
    told = "plain was killed by SIGKILL; starting it again in 0.5 s"
    wait_until(lambda: told in (tmp_path / "out").read_text(), "the terminal to say so")
    lines = [json.loads(line) for line in (tmp_path / "supervisor.log").read_text().splitlines()]
    assert any(line["child"] == "plain" and "SIGKILL" in line["msg"] for line in lines)


def test_what_a_child_has_started_goes_with_it(supervisor, tmp_path):
    parent = processes(tmp_path)["parent"]
    (grandchild,) = children_of(parent)

    os.kill(parent, signal.SIGKILL)

    wait_until(lambda: not alive(grandchild), "the end of the grandchild")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_nobody_behind_not_even_the_deaf(supervisor, how):
    below = children_of(supervisor.pid)

    supervisor.send_signal(how)
    supervisor.wait(20)

    assert len(below) == 4
    assert [pid for pid in below if alive(pid)] == []


def test_when_the_supervisor_itself_is_killed_no_child_survives(supervisor, tmp_path):
    children = list(processes(tmp_path).values())

    supervisor.kill()
    supervisor.wait()

    wait_until(lambda: not any(alive(pid) for pid in children), "the end of all children")


def test_a_leash_does_the_same_where_the_kernel_does_not(tmp_path):
    code = (
        "import subprocess, sys, time; leash = [sys.executable, '-m', 'ips.supervisor.leash', 'sleep', '600'];"
        "print(subprocess.Popen(leash).pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    leash = int(parent.stdout.readline())
    wait_until(lambda: len(children_of(leash)) == 1, "the command on the leash")
    (command,) = children_of(leash)

    parent.kill()
    parent.wait()

    wait_until(lambda: not alive(command) and not alive(leash), "the end of the command and its leash")


class TestRestarts:
    def ended(self, tmp_path: Path, *command: str) -> Child:
        child = Child("x", list(command), {"PATH": "/usr/bin:/bin"}, tmp_path)
        child.start()
        assert child.process is not None
        child.process.wait()
        return child

    def test_come_later_each_time_up_to_five_seconds(self, tmp_path, monkeypatch):
        clock = [0.0]
        monkeypatch.setattr("ips.supervisor.child.time.monotonic", lambda: clock[0])
        delays = []
        child = self.ended(tmp_path, "false")
        for _ in range(6):
            told = child.revive()
            assert told is not None
            delays.append(float(told.rpartition(" in ")[2].removesuffix(" s")))
            assert child.revive() is None and child.process is None
            clock[0] += delays[-1]
            child.revive()
            assert child.process is not None
            child.process.wait()

        assert delays == [0.5, 1, 2, 4, 5, 5]

    def test_begin_anew_after_a_steady_while(self, tmp_path, monkeypatch):
        clock = [0.0]
        monkeypatch.setattr("ips.supervisor.child.time.monotonic", lambda: clock[0])
        child = self.ended(tmp_path, "false")
        child.revive()
        clock[0] += 1
        child.revive()
        assert child.process is not None
        child.process.wait()

        clock[0] += 31

        assert child.revive() == "x ended with status 1; starting it again in 0.5 s"

    @pytest.mark.parametrize(
        ("status", "words"),
        [(0, "ended with status 0"), (-9, "was killed by SIGKILL"), (-250, "was killed by signal 250")],
    )
    def test_say_how_the_process_ended(self, status, words):
        assert reason_of(status) == words


def test_a_log_that_grows_is_cut_and_the_last_part_kept(tmp_path):
    child = Child("x", ["true"], {}, tmp_path)
    child.log.write_bytes(b"a" * (LOG_BYTES + 1))

    child.rotate_log()

    assert child.log.stat().st_size == 0
    assert child.log.with_suffix(".log.1").stat().st_size == LOG_BYTES + 1
