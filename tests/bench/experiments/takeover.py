"""`kill -9` of the worker that holds a task's batches: how long until its work goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

from tests.bench.figures import Figure, percentile
from tests.bench.stage import MARIADB, PATIENCE, Stage, image, lifted, stage, until_finished
from tests.bench.watching import Watching
from tests.running import pids_of

NODES, SAMPLES = 60, 20
SETTINGS = f"default leases and ticks, pulls of 1 s, 5 at once, {SAMPLES} kills"


def takeover(runs: int) -> Iterator[Figure]:
    """One run is twenty kills, each of which costs a lease: more runs are not taken."""
    del runs
    with stage(NODES, "1", lifted(NODES)) as ready:
        samples = [_until_it_goes_on(ready) for _ in range(SAMPLES)]
    settings = f"{SETTINGS}; median {percentile(samples, 50):.1f}, least {min(samples):.1f}, most {max(samples):.1f} s"
    yield Figure("takeover_s", (percentile(samples, 95),), MARIADB, settings, "20 s, the lease of the dead worker")


def _until_it_goes_on(ready: Stage) -> float:
    """From the kill to the next pod: those that were pulling are done within a second, and no other can come before."""
    with Watching(ready.plane.kubeconfig) as watching:
        task = ready.ips.ask(image(), all_nodes=True)
        watching.until_made(8, PATIENCE)
        (worker,) = pids_of(ready.ips.port, "runworker turns")
        os.kill(worker, signal.SIGKILL)
        killed = time.perf_counter()
        made = watching.quiet(1.5)
        watching.until_made(made + 1, PATIENCE)
        took = time.perf_counter() - killed
        ready.ips.cancel(task)
        until_finished(ready.ips, task)
        watching.until_empty(PATIENCE)
    return took
