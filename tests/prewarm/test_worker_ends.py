"""A worker that is told to end does so, whatever the signal interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.processes import Valkey

PROJECT = Path(__file__).parents[2]
# Whoever interrupts this worker is not heard: the exception by which RQ ends an idle one is swallowed.
STUCK = """
import time
import django
django.setup()
from rq import SimpleWorker
from prewarm import worker

def deaf(self, *arguments, **options):
    self._install_signal_handlers()
    print("works", flush=True)
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass

SimpleWorker.work = deaf
worker.LONGEST_END_SECONDS = 0.2
worker.work("turns")
"""


def test_a_worker_that_does_not_hear_that_it_is_to_end_is_ended(valkey: Valkey) -> None:
    process = subprocess.Popen([sys.executable, "-c", STUCK], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "works\n"

        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 1
    finally:
        process.kill()
        process.wait()
