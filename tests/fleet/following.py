"""Follows one kind of object: a list, then a watch, and a list again when the watch cannot go on."""

from __future__ import annotations

import asyncio
import logging

import orjson

from prewarm.simulator.resources import Resource
from prewarm.simulator.store import Json, key_of
from tests.fleet.connection import Connection, Refused
from tests.fleet.mirror import Mirror

log = logging.getLogger(__name__)
PAGE = 500


async def follow(
    connection: Connection, mirror: Mirror, resource: Resource, selector: str, listed: asyncio.Event
) -> None:
    """Keep the mirror's objects of this kind up to date, for ever. `listed` is set after the first whole list."""
    path = f"{resource.prefix}/{resource.plural}"
    version = ""
    while True:
        try:
            version = version or await _list(connection, mirror, resource, path, selector)
            listed.set()
            query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true", "fieldSelector": selector}
            async for lines in connection.watch(path, query):
                for line in lines:
                    body = line["object"]
                    if line["type"] == "ERROR":
                        raise Refused(body.get("code", 500), body.get("message", ""))
                    version = body["metadata"]["resourceVersion"]
                    if line["type"] != "BOOKMARK":
                        mirror.take(resource, line["type"], body)
        except Refused as refused:
            log.info("watch of %s: %s", resource.plural, refused)
            version = ""
        await asyncio.sleep(0.2)


async def _list(connection: Connection, mirror: Mirror, resource: Resource, path: str, selector: str) -> str:
    """Take a whole list, and lose what is not in it; the version that a watch goes on from."""
    found: list[Json] = []
    token = ""
    while True:
        text = await connection.request("GET", f"{path}?limit={PAGE}&fieldSelector={selector}&continue={token}")
        page = orjson.loads(text)
        found += page["items"]
        token = page["metadata"].get("continue") or ""
        if not token:
            break
    present = {key_of(body) for body in found}
    for key in [key for key in mirror.objects(resource) if key not in present]:
        mirror.lose(resource, key)
    for body in found:
        mirror.take(resource, "MODIFIED", body)
    version: str = page["metadata"]["resourceVersion"]
    return version
