"""Crash points: at the chosen passing and no other, and never in a process that was not told to."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys

import pytest

from prewarm.crash_points import KILLED, CrashPoint

PASSES = "from prewarm.crash_points import crash_point\nfor n in (1, 2, 3): crash_point('here', 'img:1'); print(n)"

STOPS_IN_A_THREAD = """
import os, threading
from prewarm.crash_points import crash_point

def work():
    crash_point("here")
    os.write(1, b"goes on\\n")

thread = threading.Thread(target=work)
thread.start()
while thread.is_alive():
    pass
"""


def passing(spec: str) -> tuple[int, str]:
    """Exit status of a process that passes `here` three times, and how often it got past it."""
    done = subprocess.run(
        [sys.executable, "-uc", PASSES], env={"IPS_CRASH_POINT": spec}, capture_output=True, text=True
    )
    return done.returncode, done.stdout.replace("\n", " ").strip()


def test_a_process_dies_at_the_passing_that_was_named() -> None:
    assert passing("here:2") == (KILLED, "1")


@pytest.mark.parametrize("spec", ["", "elsewhere:1", "here:4", "here:1:die:other"])
def test_nothing_happens_anywhere_else(spec: str) -> None:
    assert passing(spec) == (0, "1 2 3")


def test_only_what_is_about_the_chosen_thing_counts() -> None:
    assert passing("here:1:die:img") == (KILLED, "")


def test_a_thread_stops_just_there_and_all_others_with_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-uc", STOPS_IN_A_THREAD], env={"IPS_CRASH_POINT": "here:1:stop"}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        os.waitpid(process.pid, os.WUNTRACED)  # comes back when it has stopped
        went_on, _, _ = select.select([process.stdout], [], [], 0)
        assert not went_on
        process.send_signal(signal.SIGCONT)
        assert process.stdout.readline() == b"goes on\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_word_that_means_nothing_stops_the_start() -> None:
    with pytest.raises(ValueError, match="die or stop, not sleep"):
        CrashPoint.parse("here:1:sleep")
