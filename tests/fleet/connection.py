"""The way to an API server that a kubeconfig names, for asyncio."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import yaml

log = logging.getLogger(__name__)

Json = dict[str, Any]
JSON, MERGE = "application/json", "application/merge-patch+json"
ANSWERS = aiohttp.ClientTimeout(total=30, sock_connect=5)
BUSY = frozenset({408, 429, 500, 502, 503, 504})
PAUSE = 0.5  # seconds before a request is sent again


class Refused(Exception):
    """The API server will not do it, now or later. `status` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


class Connection:
    """Requests of one fleet, at most so many at once. `sent` counts them by method."""

    def __init__(self, kubeconfig: Path, connections: int) -> None:
        self.server, tls, headers = _read(kubeconfig)
        connector = aiohttp.TCPConnector(limit=connections, ssl=tls)
        self._session = aiohttp.ClientSession(connector=connector, headers=headers, auto_decompress=False)
        self.sent: dict[str, int] = {}

    async def close(self) -> None:
        await self._session.close()

    async def request(
        self, method: str, path: str, body: Json | bytes | None = None, kind: str = "application/json"
    ) -> bytes:
        """Send until the API server answers for good: outages and 429 are waited out. Raises Refused."""
        data = orjson.dumps(body) if isinstance(body, dict) else body
        headers = {} if body is None else {"Content-Type": kind}
        while True:
            self.sent[method] = self.sent.get(method, 0) + 1
            try:
                async with self._session.request(
                    method, self.server + path, data=data, headers=headers, timeout=ANSWERS
                ) as answer:
                    text = await answer.read()
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(PAUSE)
                continue
            if answer.status < 300:
                return text
            if answer.status not in BUSY:
                raise Refused(answer.status, text.decode(errors="replace"))
            log.warning("%s %s: %s %s", method, path, answer.status, text.decode(errors="replace")[:300])
            await asyncio.sleep(PAUSE)

    async def watch(self, path: str, query: Mapping[str, str]) -> AsyncIterator[list[Json]]:
        """The lines of a watch, as many at a time as have arrived. Raises Refused; any other break just ends it."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=90)
        try:
            async with self._session.get(self.server + path, params=query, timeout=timeout) as answer:
                if answer.status != 200:
                    raise Refused(answer.status, await answer.text())
                rest = b""
                async for chunk in answer.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n")
                    if found := [orjson.loads(line) for line in lines if line]:
                        yield found
        except (aiohttp.ClientError, TimeoutError):
            return


def _read(kubeconfig: Path) -> tuple[str, ssl.SSLContext | bool, dict[str, str]]:
    """The server's address, how to trust it and be known to it, and the headers to send."""
    config = yaml.safe_load(kubeconfig.read_text())
    context = next(one["context"] for one in config["contexts"] if one["name"] == config["current-context"])
    cluster = next(one["cluster"] for one in config["clusters"] if one["name"] == context["cluster"])
    user: Json = next(one["user"] for one in config["users"] if one["name"] == context["user"])
    headers = {"Authorization": f"Bearer {user['token']}"} if user.get("token") else {}
    if not cluster["server"].startswith("https"):
        return cluster["server"], False, headers
    tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
    if "client-certificate" in user:
        tls.load_cert_chain(user["client-certificate"], user["client-key"])
    return cluster["server"], tls, headers
