"""From the POST to the first pod, when nothing else is going on."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure, percentile
from tests.bench.stage import MARIADB, image, lifted, stage

NODES, SAMPLES = 100, 20
SETTINGS = f"100 nodes, one of them asked for, {SAMPLES} samples a run, image known, write caps lifted"


def first_pod(runs: int) -> Iterator[Figure]:
    """The same image each time, so that a pre-check of it is cached; `Always`, so that each time there is a pod."""
    known = image()
    medians, slow = [], []
    with stage(NODES, "0.05", lifted(NODES)) as ready:
        for number in range(runs):
            samples = []
            for sample in range(SAMPLES + (number == 0)):
                node = ready.fleet.nodes[sample % NODES]
                samples.append(ready.run(known, node_names=[node], pull_policy="Always").first_pod * 1000)
            measured = samples[-SAMPLES:]  # the very first one met an image that nobody knew
            medians.append(percentile(measured, 50))
            slow.append(percentile(measured, 95))
    yield Figure("first_pod_p50_ms", tuple(medians), MARIADB, SETTINGS)
    yield Figure("first_pod_p95_ms", tuple(slow), MARIADB, SETTINGS)
