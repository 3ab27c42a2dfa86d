"""From 100 to 5,000 nodes: time, memory and statements grow no faster than the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Table, number
from tests.bench.stage import image, lifted, stage
from tests.running import peak_mb

SIZES = (100, 300, 1_000, 2_500, 5_000)
AT_ONCE = 500
HEADER = ("nodes", "s", "s per 1,000", "statements per node", "requests per node", "worker MB", "web MB")


def growth(runs: int) -> Iterator[Table]:
    """Once for each size, in one installation, the smallest first; the memory is the most that was ever held."""
    del runs
    rows = []
    with stage(SIZES[-1], "0", lifted(AT_ONCE)) as ready:
        ready.run(image(), node_names=ready.fleet.nodes[:10])  # what the first task costs once
        for nodes in SIZES:
            asked, sent = ready.statements(), ready.requests()
            each = {"batch_size": min(nodes, 500), "concurrency": 50, "parallel_batches": 10}
            total = ready.run(image(), node_names=ready.fleet.nodes[:nodes], **each).total
            statements, requests = ready.statements() - asked, ready.requests() - sent
            memory = [number(peak_mb(ready.ips.port, words)) for words in ("runworker turns", "gunicorn")]
            per_node = [number(total / nodes * 1_000), number(statements / nodes), number(requests / nodes)]
            rows.append([f"{nodes:,}", number(total), *per_node, *memory])
    yield Table(f"Growth: one image, pulls of 0 s, {AT_ONCE} at once, write caps lifted, MariaDB", HEADER, rows)
