"""5,000 nodes at once: how long, beside a bare client that makes as many pods, and with the default caps."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bare import bare_seconds
from tests.bench.figures import Figure, Table, number
from tests.bench.stage import MARIADB, cluster, image, in_flight, installation, lifted

NODES, AT_ONCE = 5_000, 500
SETTINGS = "5,000 nodes, pulls of 0 s, 500 at once"
LEAST = 0.1  # seconds that are worth a line
WISHES = {"batch_size": 500, "concurrency": 50, "parallel_batches": 10}


def whole_fleet(runs: int) -> Iterator[Figure | Table]:
    """The bare client's runs and ours take turns, so that both meet the same machine."""
    ours, bare = [], []
    with cluster(NODES, "0") as (plane, fleet):
        with installation(plane, fleet, lifted(AT_ONCE)) as ready:
            for _ in range(runs):
                bare.append(bare_seconds(plane.kubeconfig, fleet.nodes, image()))
                ran = ready.run(image(), **WISHES)
                ours.append(ran.total)
        free = f"{SETTINGS}, write caps lifted"
        ideal = f"bare {', '.join(number(seconds) for seconds in bare)} s"
        yield Figure("fleet_5000_total_s", tuple(ours), MARIADB, free, ideal)
        ratios = tuple(total / seconds for total, seconds in zip(ours, bare, strict=True))
        yield Figure("fleet_5000_ratio_to_bare", ratios, MARIADB, free, "1")
        rows = [[name, number(seconds)] for name, seconds in ran.processor.items() if seconds >= LEAST]
        yield Table(f"Processor: who used it in the last of these runs, {free}", ("process", "s"), rows)
        with installation(plane, fleet, in_flight(AT_ONCE)) as ready:
            capped = tuple(ready.run(image(), **WISHES).total for _ in range(runs))
        yield Figure("fleet_5000_default_cap_s", capped, MARIADB, f"{SETTINGS}, 50 creates a second", "100 s")
