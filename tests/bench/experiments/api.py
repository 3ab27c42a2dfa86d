"""What the API costs where there is much to tell: 100,000 tasks, and one of 5,000 nodes × 20 images.

The no-op is `auth/me/`, which only looks at the credential. Requests of all kinds take turns, so that each kind has the
same machine.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.bench.copies import copy_rows
from tests.bench.figures import Figure, percentile
from tests.bench.stage import MARIADB, own_database, until_finished
from tests.bench.statements import statements
from tests.cluster.installation import Installation
from tests.simulator import Simulated

TASKS, NODES, IMAGES = 100_000, 5_000, 20
ROUNDS = 100  # requests of each kind in a run
SETTINGS = f"{TASKS:,} tasks, {ROUNDS} requests of each kind a run"
NOOP = "auth/me/"
EARLIER = "created_at - INTERVAL seq SECOND"


@dataclass(frozen=True)
class Much:
    """An installation with all those tasks; `big` is the path of the task of 5,000 nodes."""

    ips: Installation
    port: int
    big: str
    by_key: httpx.Client

    def kinds(self) -> dict[str, tuple[httpx.Client, str]]:
        return {
            "noop": (self.ips.http, NOOP),
            "list": (self.ips.http, "tasks/"),
            "big": (self.ips.http, self.big),
            "one tenant": (self.ips.http, "tasks/?tenant=default"),
            "key": (self.by_key, "tasks/"),
        }


def api(runs: int) -> Iterator[Figure]:
    with _much() as much:
        _took(much)  # warm
        taken = [_took(much) for _ in range(runs)]
        middle = [{kind: statistics.median(values) for kind, values in run.items()} for run in taken]
        for name, kind, base in (
            ("list_100000_ratio_to_noop", "list", "noop"),
            ("task_5000x20_ratio_to_noop", "big", "noop"),
            ("key_ratio_to_jwt", "key", "one tenant"),
        ):
            ratios = tuple(run[kind] / run[base] for run in middle)
            yield Figure(
                name, ratios, MARIADB, SETTINGS, f"{NOOP} {middle[0]['noop']:.1f} ms" if base == "noop" else ""
            )
        yield Figure("list_100000_p95_ms", tuple(percentile(run["list"], 95) for run in taken), MARIADB, SETTINGS)
        for name, path in (("list_100000_queries", "tasks/"), ("task_5000x20_queries", much.big)):
            yield Figure(name, tuple(_queries(much, path) for _ in range(runs)), MARIADB, SETTINGS)


def _took(much: Much) -> dict[str, list[float]]:
    """Milliseconds of each request, by kind."""
    taken: dict[str, list[float]] = {kind: [] for kind in much.kinds()}
    for _ in range(ROUNDS):
        for kind, (client, path) in much.kinds().items():
            begun = time.perf_counter()
            client.get(path).raise_for_status()
            taken[kind].append((time.perf_counter() - begun) * 1000)
    return taken


def _queries(much: Much, path: str) -> float:
    """Statements of one request: those of many, less what the other processes ask meanwhile."""
    before, begun = statements(much.port), time.perf_counter()
    for _ in range(ROUNDS):
        much.ips.http.get(path).raise_for_status()
    asked, seconds = statements(much.port) - before, time.perf_counter() - begun
    idle = statements(much.port)
    time.sleep(seconds)
    return round((asked - (statements(much.port) - idle)) / ROUNDS, 1)


@contextmanager
def _much() -> Iterator[Much]:
    with tempfile.TemporaryDirectory(prefix="ips-bench-") as folder, own_database() as (where, address, mariadb):
        assert mariadb is not None
        server = Simulated(Path(folder), 3)
        server.start()
        try:
            with Installation(where, server.kubeconfig, IPS_REQUESTS_PER_MINUTE="0", **address) as ips:
                big = ips.ask(
                    [f"bench/image-{number}:1" for number in range(IMAGES)], node_names=server.node_names()[:1]
                )
                small = ips.ask(["bench/image:1"], node_names=server.node_names())
                for task in (big, small):
                    until_finished(ips, task)
                copy_rows(mariadb.port, "prewarm_task", f"id = '{small}'", TASKS, id="UUID()", created_at=EARLIER)
                one = f"task_id = '{big}'"
                copy_rows(mariadb.port, "prewarm_noderesult", one, NODES - 1, id="NULL", node="CONCAT('node-', seq)")
                with httpx.Client(base_url=ips.http.base_url, timeout=30) as by_key:
                    made = ips.http.post("api-keys/", json={"name": "bench", "scopes": ["read"]}).raise_for_status()
                    by_key.headers["Authorization"] = f"Bearer {made.json()['key']}"
                    yield Much(ips, mariadb.port, f"tasks/{big}/", by_key)
        finally:
            server.stop()
