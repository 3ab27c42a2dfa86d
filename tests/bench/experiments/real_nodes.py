"""Two real nodes of 1.36: images that are really pulled, beside bare pods that pull as much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.bare import bare_seconds
from tests.bench.figures import Figure, number
from tests.bench.stage import MARIADB, VERSION, own_database, until_finished
from tests.cluster.installation import Installation
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.versions import VERSIONS
from tests.cluster.rights import kubeconfig_of_ips, set_up
from tests.cluster.stage import NODES, Stage

MEGABYTES = (5, 50, 200)
ASKED = {"IPS_REGISTRY_CHECK": "on", "IPS_OUTBOUND_PRIVATE": "127.0.0.0/8"}  # by default it asks; this one is private
SETTINGS = "two real nodes, 5 + 50 + 200 MB that no node has seen, no helper"
MISSING = "two real nodes, images of 5 MB, one of three missing, no helper"


def real_nodes(runs: int) -> Iterator[Figure]:
    with _real_cluster() as (real, ips):
        bare, ours, missing = [], [], []
        for _ in range(runs):
            bare.append(bare_seconds(real.cluster.kubeconfig, NODES, _cold(real)))
            ours.append(_warm(ips, _cold(real)))
            missing.append(_missing(ips, real))
    ideal = f"bare {', '.join(number(seconds) for seconds in bare)} s"
    yield Figure("real2_end_s", tuple(ours), MARIADB, SETTINGS, ideal)
    yield Figure("missing_image_s", tuple(missing), MARIADB, MISSING)


@contextmanager
def _real_cluster() -> Iterator[tuple[Stage, Installation]]:
    """The cluster of two real nodes, for us alone, with an installation on it."""
    cluster = Cluster(VERSIONS[VERSION])
    with cluster.alone():
        cluster.up()
        set_up(cluster)
        with (
            own_database() as (folder, settings, _),
            Installation(folder, kubeconfig_of_ips(cluster), **settings, **ASKED) as ips,
        ):
            yield Stage(cluster), ips


def _cold(real: Stage) -> list[str]:
    return [f"{real.new_image(megabytes)}:1" for megabytes in MEGABYTES]


def _warm(ips: Installation, images: list[str]) -> float:
    begun = time.perf_counter()
    task = ips.ask(images)
    status = until_finished(ips, task)
    took = time.perf_counter() - begun
    if status != "succeeded":
        raise RuntimeError(f"the task has {status}: {ips.outcome(task).nodes}")
    return took


def _missing(ips: Installation, real: Stage) -> float:
    """Until both nodes say that the image was not found."""
    there = [f"{real.new_image(5)}:1" for _ in range(2)]
    missing = f"{there[0].removesuffix(':1')}:none"
    begun = time.perf_counter()
    task = ips.ask([*there, missing])
    ips.until(task, lambda told: told.reasons(missing) == {"image_not_found"}, "the reason", seconds=120)
    took = time.perf_counter() - begun
    ips.end_of(task)
    return took
