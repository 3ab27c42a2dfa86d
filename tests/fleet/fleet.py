"""The whole fleet, put together; runs until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import time

import orjson
from aiohttp import web

from prewarm.simulator.release import Release
from prewarm.simulator.resources import CONFIG_MAPS, PODS
from tests.fleet.connection import Connection
from tests.fleet.control import Control
from tests.fleet.following import follow
from tests.fleet.kubelets import Kubelets
from tests.fleet.mirror import Mirror
from tests.fleet.options import Options
from tests.fleet.outbox import Outbox
from tests.fleet.registry import TimedRegistry

CONNECTIONS = 48
BOUND = "spec.nodeName!="


async def run(options: Options) -> None:
    """Register the nodes, play their kubelets until SIGTERM or SIGINT. Says one line when all nodes are there."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    begun = time.monotonic()
    connection = Connection(options.kubeconfig, CONNECTIONS)
    version = orjson.loads(await connection.request("GET", "/version"))["gitVersion"]
    registry = TimedRegistry(Release(version.removeprefix("v")), options.speed)
    outbox = Outbox(connection, lambda name: name in kubelets.stopped, terse=options.terse)
    mirror = Mirror(outbox)
    kubelets = Kubelets(connection, mirror, registry, options)
    listed = [asyncio.Event(), asyncio.Event()]
    parts = [
        follow(connection, mirror, PODS, BOUND, listed[0]),
        follow(connection, mirror, CONFIG_MAPS, "", listed[1]),
        kubelets.beat(),
        *outbox.senders(),
    ]
    tasks = [asyncio.create_task(part) for part in parts]
    await kubelets.register(options.nodes)
    await asyncio.gather(*(event.wait() for event in listed))
    runner = web.AppRunner(Control(connection, mirror, registry, kubelets).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.port).start()
    gc.freeze()  # the nodes stay: looking through them again and again would cost time only
    took = time.monotonic() - begun
    print(f"{options.nodes} nodes of Kubernetes {version} after {took:.1f} s: {runner.addresses[0][1]}", flush=True)
    stopped = asyncio.create_task(told_to_stop.wait())
    done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await runner.cleanup()
    await connection.close()
    for task in done:
        task.result()  # a part that ended by itself has failed
