"""Lists in pages: what a `continue` token means, and for how long."""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Any, NamedTuple

from prewarm.simulator import refusals
from prewarm.simulator.resources import Resource
from prewarm.simulator.selectors import Selection
from prewarm.simulator.store import Key, Store

Json = dict[str, Any]
TOKEN_SECONDS = 300.0  # etcd is compacted every five minutes
SNAPSHOTS = 32  # kept at the same time

TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


class Page(NamedTuple):
    items: list[Json]
    version: int
    token: str
    remaining: int | None


class _Snapshot(NamedTuple):
    taken: float
    rows: list[tuple[Key, Json]]


class Pages:
    """Serves lists; the pages of one list show the same moment."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshots: dict[tuple[Resource, int], _Snapshot] = {}

    def forget(self) -> None:
        """Every token that was handed out is too old now."""
        self._snapshots.clear()

    def page(self, selection: Selection, limit: int, token: str) -> Page:
        """At most `limit` objects (0: all) after the token. Raises Refusal 400 or 410."""
        if token:
            version, after = _read(token)
            rows = self._rows_then(selection.resource, version, after)
        else:
            version, after = self._store.version, None
            rows = self._rows_now(selection.resource)
        rest = [row for row in rows if after is None or row[0] > after]
        if selection.namespace:
            rest = [row for row in rest if row[0][0] == selection.namespace]
        if not limit:
            return Page([body for _, body in rest if selection.takes(body)], version, "", None)
        items: list[Json] = []
        last: Key | None = None
        for number, (key, body) in enumerate(rest):
            if not selection.takes(body):
                continue
            if len(items) == limit:
                assert last is not None
                self._keep(selection.resource, version, rows)
                left = len(rest) - number if selection.whole else None
                return Page(items, version, _write(version, last), left)
            items.append(body)
            last = key
        return Page(items, version, "", None)

    def _rows_now(self, resource: Resource) -> list[tuple[Key, Json]]:
        known = self._snapshots.get((resource, self._store.version))
        return known.rows if known else sorted(self._store.objects(resource).items(), key=lambda row: row[0])

    def _rows_then(self, resource: Resource, version: int, after: Key) -> list[tuple[Key, Json]]:
        snapshot = self._snapshots.get((resource, version))
        if snapshot is None or time.monotonic() - snapshot.taken > TOKEN_SECONDS:
            fresh = _write(self._store.version, after)
            self._keep(resource, self._store.version, self._rows_now(resource))
            raise refusals.expired(TOO_OLD, fresh)
        return snapshot.rows

    def _keep(self, resource: Resource, version: int, rows: list[tuple[Key, Json]]) -> None:
        if (resource, version) in self._snapshots:
            return
        while len(self._snapshots) >= SNAPSHOTS:
            del self._snapshots[next(iter(self._snapshots))]
        self._snapshots[resource, version] = _Snapshot(time.monotonic(), rows)


def _write(version: int, last: Key) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": "/".join(last) + "\0"}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(token: str) -> tuple[int, Key]:
    try:
        read = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, _, name = read["start"].rstrip("\0").rpartition("/")
        return int(read["rv"]), (namespace, name)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise refusals.bad_request(f"invalid continue token: continue key is not valid: {error}") from error
