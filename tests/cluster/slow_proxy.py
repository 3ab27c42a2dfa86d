"""A proxy that holds pulls up: it passes a registry's bytes on at a given rate, over all connections together."""

import asyncio
import threading
from types import TracebackType

PIECE = 16_384  # bytes passed on at once


class SlowProxy:
    """Listens at one address for another one. `bytes_per_second` may be changed at any time.

    Leaving it breaks all connections, as a registry that dies does.
    """

    def __init__(self, listen: str, to: str, *, bytes_per_second: int) -> None:
        self.listen, self.to = listen, to
        self.bytes_per_second = bytes_per_second
        self.passed_on = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slow proxy", daemon=True)
        self._turn = asyncio.Lock()
        self._connections: set[asyncio.Task[None]] = set()

    def __enter__(self) -> "SlowProxy":
        self._thread.start()
        host, port = self.listen.split(":")
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, host, int(port)), self._loop)
        self._server = started.result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            host, port = self.to.split(":")
            registry_reader, registry_writer = await asyncio.open_connection(host, int(port))
            ways = [self._pass_on(reader, registry_writer), self._hold_up(registry_reader, writer)]
            await asyncio.gather(*ways)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._connections.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(PIECE):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _hold_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(PIECE):
            async with self._turn:
                await asyncio.sleep(len(data) / self.bytes_per_second)
            writer.write(data)
            await writer.drain()
            self.passed_on += len(data)
        writer.close()
