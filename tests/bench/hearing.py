"""Receivers for the benchmark of deliveries: many ports of one quick process, of which some never answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Self

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Hearing:
    """Listens on so many ports; `at` are the moments at which something arrived, by port, on time.perf_counter's clock.

    Those that are dead take a connection and say nothing.
    """

    def __init__(self, receivers: int, dead: int = 0) -> None:
        self.receivers, self.dead = receivers, dead
        self.ports: list[int] = []
        self.at: dict[int, list[float]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._ready, self._over = threading.Event(), asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    @property
    def alive(self) -> Sequence[int]:
        return self.ports[self.dead :]

    def forget(self) -> None:
        self.at = {port: [] for port in self.ports}

    def heard(self) -> int:
        """What has arrived at those that are alive."""
        return sum(len(self.at[port]) for port in self.alive)

    def until_heard(self, number: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.heard() < number:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.heard()} of {number} arrived within {seconds:g} s")
            time.sleep(0.02)

    def moments(self) -> list[float]:
        return sorted(at for port in self.alive for at in self.at[port])

    def _run(self) -> None:
        self._loop.run_until_complete(self._listen())

    async def _listen(self) -> None:
        servers = [await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=64) for _ in range(self.receivers)]
        self.ports = [int(server.sockets[0].getsockname()[1]) for server in servers]
        self.forget()
        self._ready.set()
        await self._over.wait()
        for server in servers:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = int(writer.get_extra_info("sockname")[1])
        try:
            if port in self.ports[: self.dead]:
                await self._over.wait()
                return
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or b"0")
            await reader.readexactly(length)
            self.at[port].append(time.perf_counter())
            writer.write(ANSWER)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return  # who sent went away
        finally:
            writer.close()
