"""Run a simulated cluster until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal

from prewarm.simulator.cluster import SimulatedCluster
from prewarm.simulator.options import Options


def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT."""
    asyncio.run(_serve(options))


async def _serve(options: Options) -> None:
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop.set)
    cluster = SimulatedCluster(options)
    await cluster.start()
    gc.freeze()  # what the fleet consists of stays: looking through it again and again would cost time only
    where = f" (kubeconfig {options.kubeconfig})" if options.kubeconfig else ""
    print(f"Simulated Kubernetes {options.release.version}, {options.nodes} nodes: {cluster.url}{where}", flush=True)
    await told_to_stop.wait()
    await cluster.stop()
