"""Watches: what a client that follows a list is told."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

from prewarm.simulator.jsontext import dumps
from prewarm.simulator.refusals import Refusal
from prewarm.simulator.resources import JOBS, PODS
from prewarm.simulator.selectors import Selection
from prewarm.simulator.store import Change, Store, with_metadata

Json = dict[str, Any]
BOOKMARK_SECONDS = 60.0
LAST_BOOKMARK_SECONDS = 2.0  # before the end
BEHIND = 20_000  # changes after which a client that does not read is cut off


class Watch:
    """One client's watch, from a version on (None: first every object there is, as ADDED)."""

    def __init__(
        self,
        store: Store,
        selection: Selection,
        version: int | None,
        *,
        seconds: float,
        bookmark_seconds: float | None,
    ) -> None:
        self._store = store
        self._selection = selection
        self._version = version
        self._ends = time.monotonic() + seconds
        self._bookmark_seconds = bookmark_seconds
        self._waiting: deque[Change] = deque()
        self._news = asyncio.Event()
        self._broken = False

    def end(self) -> None:
        """Break the stream off, as a restarting API server does."""
        self._broken = True
        self._news.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Whole lines, several at a time."""
        try:
            first = self._first_lines()
        except Refusal as refusal:
            yield _line("ERROR", refusal.status())
            return
        unfollow = self._store.follow(self._selection.resource, self._take)
        try:
            if first:
                yield first
            async for chunk in self._following():
                yield chunk
        finally:
            unfollow()

    def _first_lines(self) -> bytes:
        if self._version is None:
            rows = sorted(self._store.objects(self._selection.resource).items(), key=lambda row: row[0])
            return b"".join(self._added(body) for _, body in rows if self._selection.takes(body))
        return b"".join(map(self._told, self._store.since(self._selection.resource, self._version)))

    async def _following(self) -> AsyncIterator[bytes]:
        bookmarks = self._bookmark_times()
        next_bookmark = next(bookmarks, None)
        while not self._broken:
            left = self._ends - time.monotonic()
            until = left if next_bookmark is None else min(left, next_bookmark - time.monotonic())
            if not self._waiting and until > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), until)
            self._news.clear()
            lines: list[bytes] = []
            while self._waiting and len(lines) < 500:
                lines.append(self._told(self._waiting.popleft()))
            if next_bookmark is not None and time.monotonic() >= next_bookmark and not self._waiting:
                next_bookmark = next(bookmarks, None)
                lines.append(_line("BOOKMARK", self._bookmark()))
            if chunk := b"".join(lines):
                yield chunk
            if time.monotonic() >= self._ends:
                return

    def _bookmark_times(self) -> Iterator[float]:
        if self._bookmark_seconds is None:
            return
        last = self._ends - min(LAST_BOOKMARK_SECONDS, (self._ends - time.monotonic()) / 2)
        at = time.monotonic() + self._bookmark_seconds
        while at < last:
            yield at
            at += self._bookmark_seconds
        yield last

    def _take(self, change: Change) -> None:
        if self._version is not None and change.version <= self._version:
            return  # the client asked from a version that is yet to come
        if len(self._waiting) >= BEHIND:
            self._broken = True
        self._waiting.append(change)
        self._news.set()

    def _told(self, change: Change) -> bytes:
        """The line for a change, as this selection sees it; nothing if it does not."""
        now = change.kind != "DELETED" and self._selection.takes(change.object)
        before = change.before is not None and self._selection.takes(change.before)
        if now:
            return _line("MODIFIED" if before else "ADDED", self._whole(change.object))
        if not before:
            return b""
        last = change.object
        if change.kind != "DELETED" and change.before is not None:
            # what leaves the selection is told as it was, with the version of the change
            last = with_metadata(change.before, {"resourceVersion": str(change.version)})
        return _line("DELETED", self._whole(last))

    def _added(self, body: Json) -> bytes:
        return _line("ADDED", self._whole(body))

    def _whole(self, body: Json) -> Json:
        resource = self._selection.resource
        return {"kind": resource.kind, "apiVersion": resource.group_version, **body}

    def _bookmark(self) -> Json:
        resource = self._selection.resource
        metadata = {"resourceVersion": str(self._store.version), "creationTimestamp": None}
        mark: Json = {"kind": resource.kind, "apiVersion": resource.group_version, "metadata": metadata}
        if resource is PODS:
            return mark | {"spec": {"containers": None}, "status": {}}
        if resource is JOBS:
            template = {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}
            return mark | {"spec": {"template": template}, "status": {}}
        return mark


def _line(kind: str, body: Json) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + dumps(body) + b"}\n"
