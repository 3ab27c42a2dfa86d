"""The simulated cluster of `make run`, on SQLite: what somebody meets who tries IPS for the first time."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import Figure, percentile
from tests.bench.stage import PATIENCE, SQLITE, until_finished
from tests.bench.watching import Watching
from tests.cluster.installation import Installation
from tests.running import resident_mb
from tests.simulator import Simulated

SAMPLES = 15
NODES, AT_ONCE, SECONDS = 100, 20, 1.0
IDEAL = NODES / AT_ONCE * SECONDS
SETTINGS = "simulated cluster of 100 nodes, pulls of 1 s, default caps"


def simulated(runs: int) -> Iterator[Figure]:
    with _installation() as (ips, server):
        first = []
        for _ in range(runs):
            samples = [_first_pod_ms(ips, server) for _ in range(SAMPLES)]
            first.append(percentile(samples, 50))
        yield Figure("simulated_first_pod_p50_ms", tuple(first), SQLITE, f"{SETTINGS}, {SAMPLES} samples a run")
        ratios = tuple(_makespan(ips) / IDEAL for _ in range(runs))
        yield Figure("simulated_ratio_100x1_1s_20", ratios, SQLITE, SETTINGS, f"1, that is {IDEAL:g} s")
        for name, words in (("web", "gunicorn"), ("worker", "runworker turns")):
            yield Figure(f"simulated_{name}_rss_mb", (resident_mb(ips.port, words),), SQLITE, SETTINGS)


@contextmanager
def _installation() -> Iterator[tuple[Installation, Simulated]]:
    with tempfile.TemporaryDirectory(prefix="ips-bench-") as folder:
        server = Simulated(Path(folder), NODES, f"{SECONDS}-{SECONDS}")
        server.start()
        try:
            with Installation(Path(folder) / "ips", server.kubeconfig) as ips:
                yield ips, server
        finally:
            server.stop()


def _first_pod_ms(ips: Installation, server: Simulated) -> float:
    with Watching(server.kubeconfig) as watching:
        begun = time.perf_counter()
        task = ips.ask([f"bench/{uuid.uuid4().hex}:1"], node_names=[server.node_names()[0]])
        watching.until_made(1, PATIENCE)
        until_finished(ips, task)
        return (watching.first_at - begun) * 1000


def _makespan(ips: Installation) -> float:
    begun = time.perf_counter()
    wishes = {"all_nodes": True, "batch_size": NODES, "concurrency": AT_ONCE}
    until_finished(ips, ips.ask([f"bench/{uuid.uuid4().hex}:1"], **wishes))
    return time.perf_counter() - begun
