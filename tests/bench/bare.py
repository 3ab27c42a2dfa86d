"""The bare client: makes the pods that IPS would make, as fast as it can, and does nothing else. The ideal to beat."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from tests.bench.watching import Watching
from tests.contract.pods import held
from tests.fleet.connection import Connection, Refused

AT_ONCE = 20  # connections
LOOK_SECONDS = 0.01
PODS = "/api/v1/namespaces/ips-pull/pods"


def bare_seconds(kubeconfig: Path, nodes: Sequence[str], images: Sequence[str], patience: float = 300) -> float:
    """From the first create until all images are on all these nodes: one pod a node, without helper, by nodeName."""
    bodies = [_pod(images, node) for node in nodes]
    with Watching(kubeconfig) as watching:
        begun = time.perf_counter()
        asyncio.run(_create(kubeconfig, bodies))
        watching.until_pulled(len(nodes), patience)
        took = watching.last_pulled_at - begun
        asyncio.run(_remove(kubeconfig))
        watching.until_empty(patience)
    return took


def bare_seconds_in_turn(kubeconfig: Path, nodes: Sequence[str], images: Sequence[str], at_once: int) -> float:
    """The same with at most so many pods that pull at once; each is deleted when it has pulled."""
    bodies = [_pod(images, node) for node in nodes]
    with Watching(kubeconfig) as watching:
        begun = time.perf_counter()
        asyncio.run(_create_in_turn(kubeconfig, bodies, watching, at_once))
        took = watching.last_pulled_at - begun
        watching.until_empty(60)
    return took


def _pod(images: Sequence[str], node: str) -> bytes:
    pod = held(*images, node=node)
    pod["metadata"]["labels"] = {"app": "bare"}
    pod["metadata"]["name"] = f"bare-{secrets.token_hex(6)}"
    return orjson.dumps(pod)


async def _create(kubeconfig: Path, bodies: list[bytes]) -> None:
    connection = Connection(kubeconfig, AT_ONCE)
    waiting = iter(bodies)

    async def one_after_the_other() -> None:
        for body in waiting:
            await connection.request("POST", PODS, body)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    await connection.close()


async def _create_in_turn(kubeconfig: Path, bodies: list[bytes], watching: Watching, at_once: int) -> None:
    connection = Connection(kubeconfig, AT_ONCE)
    places = asyncio.Semaphore(at_once)

    async def one(body: bytes) -> None:
        async with places:
            made = orjson.loads(await connection.request("POST", PODS, body))["metadata"]
            while not watching.has_pulled(made["uid"]):
                await asyncio.sleep(LOOK_SECONDS)
        await connection.request("DELETE", f"{PODS}/{made['name']}?gracePeriodSeconds=0")

    await asyncio.gather(*(one(body) for body in bodies))
    await connection.close()


async def _remove(kubeconfig: Path) -> None:
    connection = Connection(kubeconfig, AT_ONCE)
    with suppress(Refused):
        await connection.request("DELETE", f"{PODS}?labelSelector=app=bare&gracePeriodSeconds=0")
    await connection.close()
