"""All kubelets of a fleet: registered, kept alive, stopped and let go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

import orjson

from prewarm.simulator.kubelet import Kubelet
from prewarm.simulator.nodes import with_fault
from prewarm.simulator.recorder import Recorder
from prewarm.simulator.registry import Registry
from prewarm.simulator.resources import NODES, PODS
from prewarm.simulator.store import Change, Json
from tests.fleet.connection import MERGE, Connection, Refused
from tests.fleet.mirror import Mirror
from tests.fleet.nodes import LEASES, beating, lease, node, standing_images
from tests.fleet.options import Options

AT_ONCE = 20
NOT_READY = "node.kubernetes.io/not-ready"
# Between two reports of a node that has nothing new to say: as in a kubelet, and for a terse one.
STATUS_SECONDS, TERSE_STATUS_SECONDS = 300.0, 3600.0


class Kubelets:
    """One simulated kubelet for every node of the fleet."""

    def __init__(self, connection: Connection, mirror: Mirror, registry: Registry, options: Options) -> None:
        self._connection = connection
        self._mirror = mirror
        self._registry = registry
        self._pace = options.pace
        self._lease = options.lease
        self._report_every = TERSE_STATUS_SECONDS if options.terse else STATUS_SECONDS
        self._images = standing_images(registry.release, options.images)
        self._recorder = Recorder(mirror, registry.release)
        self._all: dict[str, Kubelet] = {}
        self.stopped: set[str] = set()
        mirror.follow(PODS, self._see)

    @property
    def names(self) -> list[str]:
        return list(self._all)

    async def register(self, count: int) -> None:
        """Make so many nodes and their leases; returns when the last ones have no taint of new nodes."""
        bodies = [node(number, count, self._registry.release, self._images) for number in range(1, count + 1)]
        await gather_some(self._register(body) for body in bodies)
        await gather_some(self._until_untainted(name) for name in self.names[-AT_ONCE:])

    def stop(self, name: str) -> None:
        """As if the power went: nothing is heard from the node any more, its pulls have never been."""
        self.stopped.add(name)
        self._all[name].stop()

    async def go(self, name: str) -> None:
        """The kubelet starts again: it reports the node and takes up the pods that are bound to it."""
        self.stopped.discard(name)
        await self._report(name)
        for pod in list(self._mirror.objects(PODS).values()):
            if pod["spec"].get("nodeName") == name:
                self._all[name].see(Change(0, "ADDED", pod, None))

    async def set_fault(self, name: str, fault: str) -> None:
        """Let a node fail as the simulated cluster's nodes do (label ips.sim/fault there); "" for a healthy one."""
        self._all[name].fault = fault
        shown = with_fault(self._mirror.get(NODES, "", name), fault if fault == "diskpressure" else "")
        self._mirror.objects(NODES)["", name] = shown
        await self._report(name)

    async def reset(self) -> None:
        """Every node healthy and running."""
        for name, kubelet in self._all.items():
            if kubelet.fault:
                await self.set_fault(name, "")
        for name in list(self.stopped):
            await self.go(name)

    async def beat(self) -> None:
        """Renew the leases and report the nodes now and then, evenly spread, for ever, also while others register."""
        next_report = time.monotonic() + self._report_every
        while True:
            begun, names = time.monotonic(), self.names
            reporting = begun >= next_report
            next_report += self._report_every if reporting else 0.0
            for first in range(0, len(names), AT_ONCE):
                await asyncio.sleep(max(0.0, begun + self._lease * first / len(names) - time.monotonic()))
                some = [name for name in names[first : first + AT_ONCE] if name not in self.stopped]
                await asyncio.gather(*(self._renew(name) for name in some))
                if reporting:
                    await asyncio.gather(*(self._report(name) for name in some))
            await asyncio.sleep(max(0.0, begun + self._lease - time.monotonic()))

    async def _register(self, body: Json) -> None:
        """As a kubelet: the node comes with its status. One of an earlier fleet is taken over.

        The taint that every new node gets is taken off here: the node lifecycle controller, which may write 20 times a
        second, would need four minutes for 5,000 nodes.
        """
        name = body["metadata"]["name"]
        try:
            await self._connection.request("POST", "/api/v1/nodes", body)
            taints = {"spec": {"taints": body["spec"].get("taints")}}
            await self._connection.request("PATCH", f"/api/v1/nodes/{name}", taints, MERGE)
        except Refused as refused:
            if refused.status != 409:
                raise
            await self._connection.request("PATCH", f"/api/v1/nodes/{name}/status", {"status": body["status"]}, MERGE)
        try:
            await self._connection.request("POST", LEASES, lease(name, self._lease))
        except Refused:
            await self._renew(name)
        self._mirror.objects(NODES)["", name] = body
        address = body["status"]["addresses"][0]["address"]
        kubelet = Kubelet(name, address, self._mirror, self._registry, self._recorder, self._pace)
        for image in self._images:
            kubelet.has_from_the_start(image)
        self._all[name] = kubelet

    async def _until_untainted(self, name: str) -> None:
        """The node lifecycle controller, too, has a say in it."""
        tainted = True
        while tainted:
            found = orjson.loads(await self._connection.request("GET", f"/api/v1/nodes/{name}"))
            tainted = any(taint["key"] == NOT_READY for taint in found["spec"].get("taints") or ())
            await asyncio.sleep(0.1)

    async def _renew(self, name: str) -> None:
        body = lease(name, self._lease)
        try:
            await self._connection.request("PATCH", f"{LEASES}/{name}", body, MERGE)
        except Refused:
            await self._connection.request("POST", LEASES, body)

    async def _report(self, name: str) -> None:
        """Say that the node is there and how it is; a node that was deleted stays so."""
        status = self._mirror.get(NODES, "", name)["status"]
        patch = {"status": {"conditions": beating(status["conditions"])}}
        with suppress(Refused):
            await self._connection.request("PATCH", f"/api/v1/nodes/{name}/status", patch, MERGE)

    def _see(self, change: Change) -> None:
        name = change.object["spec"].get("nodeName", "")
        if name in self._all and name not in self.stopped:
            self._all[name].see(change)


async def gather_some(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, so many at once."""
    waiting = iter(work)

    async def one_after_the_other() -> None:
        for one in waiting:
            await one

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
