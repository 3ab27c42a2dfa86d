"""A task over 1,000 nodes is cancelled while 500 of its pods are pulling."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import MARIADB, PATIENCE, image, lifted, stage, until_finished
from tests.bench.watching import Watching

NODES, AT_ONCE = 1_000, 500
SETTINGS = "1,000 nodes, 500 live pods in mid-pull, write caps lifted"


def cancel(runs: int) -> Iterator[Figure]:
    took = []
    with stage(NODES, "600", lifted(AT_ONCE)) as ready:
        for _ in range(runs):
            with Watching(ready.plane.kubeconfig) as watching:
                task = ready.ips.ask(image(), all_nodes=True, batch_size=500, concurrency=250, parallel_batches=2)
                watching.until_made(AT_ONCE, PATIENCE)
                begun = time.perf_counter()
                ready.ips.cancel(task)
                status = until_finished(ready.ips, task)
                watching.until_empty(PATIENCE)
                took.append(time.perf_counter() - begun)
            if status != "cancelled":
                raise RuntimeError(f"the task has {status}")
    yield Figure("cancel_1000_s", tuple(took), MARIADB, SETTINGS)
