"""200 nodes whose pods are done 0.2 s after binding, by both pullers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.bare import bare_seconds
from tests.bench.figures import Figure, number
from tests.bench.stage import MARIADB, image, lifted, stage

NODES = 200
SETTINGS = "200 nodes, pods done 0.2 s after binding, 200 at once, write caps lifted"
WISHES = {"batch_size": NODES, "concurrency": NODES}


def small_fleet(runs: int) -> Iterator[Figure]:
    with stage(NODES, "0.2", lifted(NODES)) as ready:
        bare, pods = [], []
        for _ in range(runs):
            bare.append(bare_seconds(ready.plane.kubeconfig, ready.fleet.nodes, image()))
            pods.append(ready.run(image(), **WISHES).total)
        jobs = tuple(ready.run(image(), puller="job", **WISHES).total for _ in range(runs))
    ideal = f"bare {', '.join(number(seconds) for seconds in bare)} s"
    yield Figure("fleet_200_total_s", tuple(pods), MARIADB, SETTINGS, ideal)
    yield Figure("fleet_200_job_total_s", jobs, MARIADB, SETTINGS, ideal)
