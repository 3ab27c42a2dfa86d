"""Ending a cluster never touches a stranger's process, and leaves none of its own."""

import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.machine.processes import MARK, Process, Processes, end, start_time
from tests.cluster.machine.progress import CannotRun
from tests.processes import wait_until

SLEEP = ["sleep", "300"]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    end(processes.marked(), seconds=1)


def test_a_started_process_is_found_by_another_command(processes: Processes) -> None:
    started = processes.start("sleeper", SLEEP)

    assert Processes(processes.folder).find("sleeper") == started


def test_a_lock_of_ours_is_not_kept_by_what_we_started(processes: Processes, tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock, (tmp_path / "lock").open("w") as another:
        os.set_inheritable(lock.fileno(), True)
        fcntl.flock(lock, fcntl.LOCK_EX)
        processes.start("sleeper", SLEEP)
        lock.close()

        fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_stopping_one_ends_it_and_forgets_it(processes: Processes) -> None:
    started = processes.start("sleeper", SLEEP)

    processes.stop("sleeper")

    assert not started.is_alive()
    assert processes.names() == []


def test_one_that_does_not_listen_is_killed(processes: Processes) -> None:
    started = processes.start("stubborn", ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"])
    wait_until(lambda: "ready" in (processes.logs / "stubborn.log").read_text(), "the process to be ready")

    processes.stop("stubborn", seconds=0.2)

    assert not started.is_alive()


def test_an_id_that_was_given_to_another_process_is_left_alone(processes: Processes) -> None:
    stranger = processes.start("stranger", SLEEP)
    (processes.pids / "etcd.pid").write_text(f"{stranger.pid} {stranger.started - 1}\n")

    assert processes.find("etcd") is None
    processes.stop("etcd")
    Process(stranger.pid, stranger.started - 1).send(signal.SIGKILL)

    assert stranger.is_alive()


def test_one_whose_starter_died_before_writing_its_id_is_found_by_its_mark(processes: Processes) -> None:
    started = processes.start("orphan", ["sh", "-c", "sleep 300 & sleep 300"])
    (processes.pids / "orphan.pid").unlink()
    wait_until(lambda: len(processes.marked()) == 3, "the shell and its two children")

    end(processes.marked(), seconds=5)

    assert processes.marked() == []
    assert not started.is_alive()


def test_another_clusters_processes_do_not_carry_our_mark(processes: Processes, tmp_path: Path) -> None:
    other = Processes(tmp_path / "other")
    stranger = other.start("sleeper", SLEEP)

    assert stranger not in processes.marked()
    end(other.marked(), seconds=5)


def test_a_process_that_ended_by_itself_shows_the_end_of_its_log(processes: Processes) -> None:
    processes.start("failing", ["sh", "-c", "echo the disk is full; exit 3"])
    wait_until(lambda: processes.find("failing") is None, "the process to end")

    with pytest.raises(CannotRun, match="the disk is full"):
        processes.must_run("failing")


def test_we_ourselves_carry_no_mark() -> None:
    assert MARK not in os.environ
    assert start_time(os.getpid()) is not None
