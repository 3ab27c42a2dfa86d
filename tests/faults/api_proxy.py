"""A fault proxy between IPS and an API server: it passes requests on, harms those that a test names, and notes all.

It runs in a thread of the test's process. Towards IPS it speaks plain HTTP on loopback; the credentials that IPS sends
go on to the API server.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from yarl import URL

from tests.environment import free_port
from tests.faults.api_faults import Asked, Fault, Harm, asked, status

# Headers of one connection only, or written anew.
HOP = frozenset({"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"})
TOO_OLD = status(410, "too old resource version: 1 (2)")
INSTEAD = frozenset({Harm.ANSWER, Harm.RESET, Harm.HANG})  # these requests never reach the API server
Result = TypeVar("Result")


class OpenWatch:
    """A watch that passes through, and what befalls it next: a harm, or None for a silent end."""

    def __init__(self, request: Asked) -> None:
        self.resource = request.resource
        self.fate: asyncio.Future[Harm | None] = asyncio.get_running_loop().create_future()


class ApiProxy:
    """Stands at `url` for the API server at `upstream`, from `with` on."""

    def __init__(self, upstream: str, tls: ssl.SSLContext | None = None) -> None:
        self.upstream, self.port = upstream.rstrip("/"), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log: list[Asked] = []
        self._faults: list[Fault] = []
        self._watches: set[OpenWatch] = set()
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="API proxy", daemon=True)

    def __enter__(self) -> ApiProxy:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @contextmanager
    def harming(self, harm: Harm, verb: str = "*", resource: str = "*", **how: Any) -> Iterator[Fault]:
        """A fault for the length of this block; `how` as in Fault. The first that strikes a request decides."""
        fault = Fault(harm, verb, resource, **how)
        self._faults.append(fault)
        try:
            yield fault
        finally:
            self._faults.remove(fault)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside this block nobody listens, and every connection is broken."""
        self._run(self._go())
        try:
            yield
        finally:
            self._run(self._come())

    def harm_watches(self, harm: Harm | None, resource: str = "*") -> int:
        """Let this befall the open watches; None ends them silently, as API servers do. Returns how many there were."""
        return self._run(self._seal(harm, resource))

    def watching(self, resource: str) -> int:
        """How many watches of this resource are open."""
        return sum(1 for watch in list(self._watches) if watch.resource == resource)

    def asked(self, verb: str, resource: str, since: float = 0.0) -> list[Asked]:
        """The requests of this kind, oldest first."""
        return [one for one in list(self.log) if (one.verb, one.resource) == (verb, resource) and one.at >= since]

    def lists(self, resource: str, since: float = 0.0) -> list[Asked]:
        """The lists from the start."""
        return [one for one in self.asked("list", resource, since) if one.from_the_start]

    # In the proxy's own thread

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _start(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, ssl=self._tls or True)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False
        )
        self._server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._come()

    async def _stop(self) -> None:
        self._break_connections()
        await self._runner.cleanup()
        await self._session.close()

    async def _come(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()

    async def _go(self) -> None:
        await self._site.stop()
        self._break_connections()

    def _break_connections(self) -> None:
        for connection in self._server.connections:
            if connection.transport:
                connection.transport.abort()

    async def _seal(self, harm: Harm | None, resource: str) -> int:
        chosen = [watch for watch in self._watches if resource in ("*", watch.resource) and not watch.fate.done()]
        for watch in chosen:
            watch.fate.set_result(harm)
        return len(chosen)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        note = asked(request.method, request.path, dict(request.query), time.monotonic())
        fault = next((fault for fault in self._faults if fault.strikes(note)), None)
        note.struck = fault.harm if fault else None
        body = await request.read()
        if note.verb == "create":
            note.name = str(json.loads(body)["metadata"].get("name", ""))
        self.log.append(note)
        if fault and fault.harm is Harm.DELAY:
            await asyncio.sleep(fault.seconds)
        if fault and fault.harm in INSTEAD:
            return await self._answer_instead(request, note, fault)
        sent = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        where = URL(self.upstream + request.raw_path, encoded=True)
        try:
            async with self._session.request(request.method, where, data=body or None, headers=sent) as answer:
                note.code = answer.status
                if note.verb == "watch" and answer.status == 200:
                    return await self._pass_watch(request, note, answer)
                return await self._pass_answer(request, note, answer)
        except aiohttp.ClientError:
            return _broken(request)  # the API server itself does not answer

    async def _answer_instead(self, request: web.BaseRequest, note: Asked, fault: Fault) -> web.StreamResponse:
        if fault.harm is Harm.HANG:
            await _for_ever()
        if fault.harm is Harm.RESET:
            return _broken(request)
        note.code = fault.code
        return web.json_response(status(fault.code, fault.message), status=fault.code, headers=fault.headers)

    async def _pass_answer(
        self, request: web.BaseRequest, note: Asked, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        body = await answer.read()
        if note.struck is Harm.EXECUTE_THEN_RESET:
            return _broken(request)
        if note.struck is Harm.EXECUTE_THEN_HANG:
            await _for_ever()
        if note.struck is not Harm.TRUNCATE:
            return web.Response(body=body, status=answer.status, headers=_passed_on(answer))
        response = web.StreamResponse(status=answer.status, headers=_passed_on(answer))
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        return _broken(request)

    async def _pass_watch(
        self, request: web.BaseRequest, note: Asked, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        """Line by line, until the API server ends it or something befalls it."""
        response = web.StreamResponse(headers=_passed_on(answer))
        response.enable_chunked_encoding()
        await response.prepare(request)
        watch = OpenWatch(note)
        if note.struck in (Harm.EXPIRE, Harm.MUTE, Harm.TRUNCATE):
            watch.fate.set_result(note.struck)
        self._watches.add(watch)
        lines = _lines(answer)
        try:
            while not watch.fate.done():
                line = asyncio.ensure_future(anext(lines, b""))
                await asyncio.wait({line, watch.fate}, return_when=asyncio.FIRST_COMPLETED)
                if not line.done():
                    line.cancel()
                elif text := line.result():
                    await response.write(text)
                else:
                    break
            if watch.fate.done():
                await _befall(response, request, watch.fate.result())
        except ConnectionError:
            return response  # the client has gone
        finally:
            self._watches.discard(watch)
        await response.write_eof()
        return response


async def _befall(response: web.StreamResponse, request: web.BaseRequest, harm: Harm | None) -> None:
    if harm is Harm.EXPIRE:
        await response.write(json.dumps({"type": "ERROR", "object": TOO_OLD}).encode() + b"\n")
    elif harm is Harm.TRUNCATE:
        await response.write(b'{"type":"MODIFIED","object":{"meta')
        _broken(request)
    elif harm is Harm.RESET:
        _broken(request)
    elif harm is Harm.MUTE:
        await _for_ever()


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in answer.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"


async def _for_ever() -> None:
    await asyncio.Event().wait()


def _broken(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


def _passed_on(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
