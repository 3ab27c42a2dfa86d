"""The biggest things that are asked for: 5,000 nodes × 20 images, their preview, and what is too big."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.bench.figures import Figure
from tests.bench.stage import MARIADB, Stage, image, lifted, stage, until_finished
from tests.running import peak_mb

NODES, IMAGES, AT_ONCE, ASKED = 5_000, 20, 500, 10
SETTINGS = f"{NODES:,} nodes × {IMAGES} images, pulls of 0 s, {AT_ONCE} at once, write caps lifted"
WISHES = {"batch_size": 500, "concurrency": 50, "parallel_batches": 10}


def big_tasks(runs: int) -> Iterator[Figure]:
    """Previews and refusals are asked ten times a run; memory is the most that a process has held until the end."""
    with stage(NODES, "0", lifted(AT_ONCE)) as ready:
        previews = [_preview(ready) for _ in range(runs * ASKED)]
        refusals = [_refusal(ready) for _ in range(runs)]
        yield Figure("preview_5000_ms", tuple(previews), MARIADB, f"{NODES:,} nodes × {IMAGES} images")
        yield Figure("refuse_10000x10000_ms", tuple(refusals), MARIADB, "10,000 node names, 10,000 images")
        accepted = []
        for _ in range(runs):
            images = [one for _ in range(IMAGES) for one in image()]
            accepted.append(_accept(ready, images))
        yield Figure("accept_5000x20_ms", tuple(accepted), MARIADB, SETTINGS)
        ready.run([one for _ in range(IMAGES) for one in image()], **WISHES)
        for name, words in (("worker", "runworker turns"), ("web", "gunicorn")):
            most = peak_mb(ready.ips.port, words)
            yield Figure(f"{name}_rss_5000x20_mb", (most,), MARIADB, SETTINGS)


def _preview(ready: Stage) -> float:
    images = [one for _ in range(IMAGES) for one in image()]
    took, answer = _asked(ready.ips.http, "tasks/preview/", {"images": images, "all_nodes": True})
    if answer.status_code != 200 or answer.json()["matched"] != NODES:
        raise RuntimeError(answer.text[:500])
    return took


def _refusal(ready: Stage) -> float:
    images = [f"{index}.example.com/a/{index}:1" for index in range(10_000)]
    names = [f"node-{index}" for index in range(10_000)]
    took, answer = _asked(ready.ips.http, "tasks/", {"images": images, "node_names": names})
    if answer.status_code != 422:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
    return took


def _accept(ready: Stage, images: list[str]) -> float:
    took, answer = _asked(ready.ips.http, "tasks/", {"images": images, "all_nodes": True, **WISHES})
    if answer.status_code != 202:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
    task = answer.json()["id"]
    ready.ips.cancel(task)
    until_finished(ready.ips, task)
    return took


def _asked(http: httpx.Client, path: str, body: dict[str, Any]) -> tuple[float, httpx.Response]:
    """Milliseconds until the answer, and the answer."""
    begun = time.perf_counter()
    answer = http.post(path, json=body)
    return (time.perf_counter() - begun) * 1000, answer
