"""1,000 nodes, one image, pulls of 2 s, 100 at once: how much longer than the 20 s that it must take."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.stage import MARIADB, SQLITE, image, lifted, stage

NODES, AT_ONCE, SECONDS = 1_000, 100, 2.0
IDEAL = NODES / AT_ONCE * SECONDS
SETTINGS = "1,000 nodes, pulls of 2 s, 100 at once, write caps lifted"
WISHES = {"batch_size": 500, "concurrency": 50, "parallel_batches": 2}


def on_mariadb(runs: int) -> Iterator[Figure]:
    ratios, statements, requests = [], [], []
    with stage(NODES, f"{SECONDS}", lifted(AT_ONCE)) as ready:
        for _ in range(runs):
            asked, sent = ready.statements(), ready.requests()
            ratios.append(ready.run(image(), **WISHES).total / IDEAL)
            statements.append((ready.statements() - asked) / NODES)
            requests.append((ready.requests() - sent) / NODES)
    yield Figure("makespan_ratio_1000x1_2s_100", tuple(ratios), MARIADB, SETTINGS, f"1, that is {IDEAL:g} s")
    yield Figure("queries_per_node", tuple(statements), MARIADB, SETTINGS)
    yield Figure("api_requests_per_node", tuple(requests), MARIADB, SETTINGS, "2: a create and a delete")


def on_sqlite(runs: int) -> Iterator[Figure]:
    with stage(NODES, f"{SECONDS}", lifted(AT_ONCE), SQLITE) as ready:
        ratios = [ready.run(image(), **WISHES).total / IDEAL for _ in range(runs)]
    yield Figure("sqlite_makespan_ratio_1000x1_2s_100", tuple(ratios), SQLITE, SETTINGS, f"1, that is {IDEAL:g} s")
