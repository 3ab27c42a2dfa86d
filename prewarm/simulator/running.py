"""A simulated cluster inside a process that does other things too: for tests."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from prewarm.simulator.cluster import SimulatedCluster
from prewarm.simulator.options import Options

START_SECONDS = 30.0


@dataclass(frozen=True)
class Running:
    """Where it is, and how to say something to it."""

    url: str
    options: Options

    @property
    def kubeconfig(self) -> str:
        """The file that was asked for in the options."""
        return self.options.kubeconfig

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Send something to /_sim/: `control("POST", "faults", {"code": 503})`. Raises HTTPError."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)


@contextmanager
def simulated_cluster(options: Options) -> Iterator[Running]:
    """A simulated cluster in a thread of its own, on any free port unless the options name one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulated-cluster", daemon=True)
    thread.start()

    async def start() -> SimulatedCluster:
        cluster = SimulatedCluster(options)
        await cluster.start()
        return cluster

    cluster = asyncio.run_coroutine_threadsafe(start(), loop).result(START_SECONDS)
    try:
        yield Running(cluster.url, options)
    finally:
        asyncio.run_coroutine_threadsafe(cluster.stop(), loop).result(START_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_SECONDS)
        loop.close()
