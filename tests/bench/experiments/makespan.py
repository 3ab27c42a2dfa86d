"""1,000 nodes, one image, pulls of 2 s, 100 at once: how much longer than the 20 s that it must take.

A bare client does the same in each run: what it needs more than 20 s is the machine's, not ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bare import bare_seconds_in_turn
from tests.bench.figures import Figure, number
from tests.bench.stage import MARIADB, SQLITE, Stage, image, lifted, stage

NODES, AT_ONCE, SECONDS = 1_000, 100, 2.0
IDEAL = NODES / AT_ONCE * SECONDS
SETTINGS = "1,000 nodes, pulls of 2 s, 100 at once, write caps lifted"
WISHES = {"batch_size": 500, "concurrency": 50, "parallel_batches": 2}


def on_mariadb(runs: int) -> Iterator[Figure]:
    bare, ratios, statements, requests = [], [], [], []
    with stage(NODES, f"{SECONDS}", lifted(AT_ONCE)) as ready:
        for _ in range(runs):
            bare.append(_bare(ready))
            asked, sent = ready.statements(), ready.requests()
            ratios.append(ready.run(image(), **WISHES).total / IDEAL)
            statements.append((ready.statements() - asked) / NODES)
            requests.append((ready.requests() - sent) / NODES)
    yield Figure("makespan_ratio_1000x1_2s_100", tuple(ratios), MARIADB, SETTINGS, _ideal(bare))
    yield Figure("queries_per_node", tuple(statements), MARIADB, SETTINGS)
    yield Figure("api_requests_per_node", tuple(requests), MARIADB, SETTINGS, "2: a create and a delete")


def on_sqlite(runs: int) -> Iterator[Figure]:
    with stage(NODES, f"{SECONDS}", lifted(AT_ONCE), SQLITE) as ready:
        bare, ratios = [], []
        for _ in range(runs):
            bare.append(_bare(ready))
            ratios.append(ready.run(image(), **WISHES).total / IDEAL)
    yield Figure("sqlite_makespan_ratio_1000x1_2s_100", tuple(ratios), SQLITE, SETTINGS, _ideal(bare))


def _bare(ready: Stage) -> float:
    return bare_seconds_in_turn(ready.plane.kubeconfig, ready.fleet.nodes, image(), AT_ONCE) / IDEAL


def _ideal(bare: list[float]) -> str:
    return f"bare {', '.join(number(ratio) for ratio in bare)}"
