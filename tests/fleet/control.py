"""What tests can tell a running fleet, over HTTP on the loopback.

GET   /             how many nodes and pods there are, and how many requests were sent
POST  /images       {"image": "docker.io/a/*", "mode": "missing"} (registry.py of the simulator lists the modes),
                    or {"image": "*", "seconds": 3}
POST  /registry     {"host": "docker.io", "up": false}; "*" is every registry
PATCH /nodes/NAME   {"stopped": true}, {"stopped": false}, {"fault": "evict"}
POST  /reset        images, registries and nodes as they were at the start
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from prewarm.simulator.registry import MODES, NOBODY
from prewarm.simulator.resources import PODS
from prewarm.simulator.store import Json
from tests.fleet.connection import Connection
from tests.fleet.kubelets import Kubelets
from tests.fleet.mirror import Mirror
from tests.fleet.registry import TimedRegistry


class Control:
    """Answers on one port."""

    def __init__(self, connection: Connection, mirror: Mirror, registry: TimedRegistry, kubelets: Kubelets) -> None:
        self._connection = connection
        self._mirror = mirror
        self._registry = registry
        self._kubelets = kubelets

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._summary)
        app.router.add_post("/images", self._image)
        app.router.add_post("/registry", self._set_registry)
        app.router.add_patch("/nodes/{name}", self._node)
        app.router.add_post("/reset", self._reset)
        return app

    async def _summary(self, request: web.Request) -> web.Response:
        pods = len(self._mirror.objects(PODS))
        stopped = sorted(self._kubelets.stopped)
        counts: Json = {"nodes": len(self._kubelets.names), "pods": pods, "stopped": stopped}
        return web.json_response(counts | {"sent": self._connection.sent})

    async def _image(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        pattern = body["image"]
        if "seconds" in body:
            self._registry.seconds.pop(pattern, None)
            self._registry.seconds[pattern] = float(body["seconds"])
        if "mode" in body:
            if body["mode"] not in MODES:
                raise web.HTTPUnprocessableEntity(text=f"mode must be one of {', '.join(MODES)}")
            self._registry.modes.pop(pattern, None)
            self._registry.modes[pattern] = body["mode"]
        return web.json_response({"modes": self._registry.modes, "seconds": self._registry.seconds})

    async def _set_registry(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        (self._registry.down.discard if body["up"] else self._registry.down.add)(body["host"])
        return web.json_response({"down": sorted(self._registry.down)})

    async def _node(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._kubelets.names:
            raise web.HTTPNotFound(text=f"no node {name}")
        body: dict[str, Any] = await request.json()
        if "fault" in body:
            await self._kubelets.set_fault(name, body["fault"])
        if body.get("stopped") is True:
            self._kubelets.stop(name)
        elif body.get("stopped") is False:
            await self._kubelets.go(name)
        return web.json_response({"stopped": name in self._kubelets.stopped})

    async def _reset(self, request: web.Request) -> web.Response:
        self._registry.modes.clear()
        self._registry.seconds.clear()
        self._registry.down.intersection_update({NOBODY})
        await self._kubelets.reset()
        return web.json_response({})
