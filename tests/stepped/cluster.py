"""The simulated cluster in the test's own process, on a clock that the test moves; and IPS's client for it.

It is the code behind `prewarm.simulator`, with its API, controllers and kubelets, less the sockets: what the contract
tests hold against real API servers holds for it too.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from prewarm.cluster import Cluster
from prewarm.simulator.cluster import SimulatedCluster
from prewarm.simulator.options import Options
from prewarm.simulator.resources import JOBS, NODES, PODS
from prewarm.simulator.store import Change
from tests.stepped.clock import Clock, SteppedLoop

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """As much of an HTTP response as IPS's client reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Request:
    """As much of aiohttp's request as the simulator reads."""

    host = "stepped"
    content_type = "application/json"
    transport = None

    def __init__(self, method: str, path: str, body: bytes) -> None:
        self.method = method
        self.path, _, query = path.partition("?")
        self.query = dict(parse_qsl(query))
        self.match_info = {"rest": self.path.removeprefix("/_sim/")}
        self.can_read_body = bool(body)
        self._body = body

    async def read(self) -> bytes:
        return self._body


class SteppedCluster:
    """Nothing happens in it but in `send` and `pass_time`."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self._loop = SteppedLoop(clock)
        self.simulated = self._loop.run_until_complete(self._made(options))
        self.changes: list[Change] = []  # of pods, from the beginning
        self.simulated.store.follow(PODS, self.changes.append)

    def close(self) -> None:
        self._loop.run_until_complete(self.simulated.stop())
        self._loop.close()

    def pass_time(self, seconds: float) -> None:
        """Let the clock run so far, with all that kubelets and controllers do meanwhile."""
        self._loop.run_until_complete(asyncio.sleep(seconds))

    def send(self, method: str, path: str, body: bytes = b"") -> Answer:
        return self._loop.run_until_complete(self._handled(Request(method, path, body)))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What /_sim/ does for a test: see prewarm/simulator/control.py."""
        answer = self.send(method, f"/_sim/{path}", orjson.dumps(body) if body is not None else b"")
        assert answer.status < 300, answer.data
        return json.loads(answer.data)

    def pods(self) -> list[Json]:
        return list(self.simulated.store.objects(PODS).values())

    def jobs(self) -> list[Json]:
        return list(self.simulated.store.objects(JOBS).values())

    def nodes(self) -> list[str]:
        return sorted(name for _, name in self.simulated.store.objects(NODES))

    async def _made(self, options: Options) -> SimulatedCluster:
        cluster = SimulatedCluster(options)
        cluster.begin()
        return cluster

    async def _handled(self, request: Request) -> Answer:
        inside = request.path.startswith("/_sim/")
        handler = self.simulated.control if inside else self.simulated.api
        response: Any = await handler.handle(cast(web.Request, request))
        return Answer(response.status, dict(response.headers), bytes(response.body or b""))


class Client(Cluster):
    """IPS's own client, connected to a stepped cluster. `unreachable` and `deaf` are faults for the next requests."""

    def __init__(self, stepped: SteppedCluster) -> None:
        self._stepped = stepped
        self.unreachable = False  # nothing reaches the API server
        self.deaf = False  # it does what is asked, but its answer is lost
        super().__init__()

    def _connect(self) -> None:
        self._api, self.server = (
            SimpleNamespace(
                update_params_for_auth=lambda *_: None,
                rest_client=SimpleNamespace(pool_manager=SimpleNamespace(request=self._request)),
            ),
            "",
        )
        self._connected = time.monotonic()

    def _request(self, method: str, url: str, *, body: bytes | None, preload_content: bool, **_: Any) -> Answer:
        """In the place of urllib3."""
        assert preload_content, "a stepped watch is read from the cluster's changes"
        if self.unreachable:
            raise ConnectionError("nobody answers")
        answer = self._stepped.send(method, url, body or b"")
        if self.deaf:
            raise ConnectionError("the answer was lost")
        return answer
