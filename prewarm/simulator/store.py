"""All objects, one growing resourceVersion, and the history that watches are served from.

Objects in the store are never changed in place: a write puts a new dict that shares what stayed the same. So a list,
a watch and the history can hand out the same dicts without copying.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prewarm.simulator import refusals
from prewarm.simulator.clock import now
from prewarm.simulator.resources import Resource

Json = dict[str, Any]
Key = tuple[str, str]  # namespace ("" for cluster-wide kinds), name

HISTORY = 2_000  # changes kept of each kind


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the history: ADDED, MODIFIED or DELETED, the object then, and the object before."""

    version: int
    kind: str
    object: Json
    before: Json | None


Follower = Callable[[Change], None]


@dataclass
class Table:
    """The objects of one kind. `floor` is the version up to which the history has been forgotten."""

    objects: dict[Key, Json] = field(default_factory=dict)
    history: deque[Change] = field(default_factory=deque)
    floor: int = 0
    followers: list[Follower] = field(default_factory=list)


class Store:
    """Used from one thread only: that of the event loop."""

    def __init__(self, history: int = HISTORY) -> None:
        self.version = 1
        self._history = history
        self._tables: dict[Resource, Table] = {}
        self._untold: deque[tuple[Table, Change]] = deque()
        self._telling = False

    def table(self, resource: Resource) -> Table:
        if resource not in self._tables:
            self._tables[resource] = Table()
        return self._tables[resource]

    def objects(self, resource: Resource) -> dict[Key, Json]:
        return self.table(resource).objects

    def find(self, resource: Resource, namespace: str, name: str) -> Json | None:
        return self.table(resource).objects.get((namespace, name))

    def get(self, resource: Resource, namespace: str, name: str) -> Json:
        """The object of this name. Raises Refusal 404."""
        found = self.find(resource, namespace, name)
        if found is None:
            raise refusals.not_found(resource, name)
        return found

    def create(self, resource: Resource, body: Json) -> Json:
        """Keep a new object, with uid, creation time and resourceVersion. Raises Refusal 409."""
        key = key_of(body)
        if key in self.table(resource).objects:
            raise refusals.already_exists(resource, key[1])
        born = {"uid": body["metadata"].get("uid") or str(uuid.uuid4()), "creationTimestamp": now()}
        return self._put(resource, key, with_metadata(body, born), None)

    def write(self, resource: Resource, body: Json) -> Json:
        """Replace the object of this name; a write that changes nothing makes no new version."""
        key = key_of(body)
        before = self.get(resource, *key)
        if body == before:
            return before
        return self._put(resource, key, body, before)

    def remove(self, resource: Resource, namespace: str, name: str) -> Json:
        """Forget an object; its last state carries the version of its end."""
        table = self.table(resource)
        before = self.get(resource, namespace, name)
        self.version += 1
        last = with_metadata(before, {"resourceVersion": str(self.version)})
        del table.objects[namespace, name]
        self._tell(table, Change(self.version, "DELETED", last, before))
        return last

    def follow(self, resource: Resource, follower: Follower) -> Callable[[], None]:
        """Call the follower with every change from now on, at once; returns what ends that."""
        followers = self.table(resource).followers
        followers.append(follower)
        return lambda: followers.remove(follower)

    def since(self, resource: Resource, version: int) -> list[Change]:
        """The changes after this version. Raises Refusal 410 when they are no longer known."""
        table = self.table(resource)
        if version < table.floor:
            raise refusals.expired(f"too old resource version: {version} ({table.floor})")
        if not table.history or table.history[-1].version <= version:
            return []
        return [change for change in table.history if change.version > version]

    def forget_history(self, resource: Resource) -> None:
        """As if enough had changed to push everything so far out of the history."""
        table = self.table(resource)
        self.version += 1
        table.history.clear()
        table.floor = self.version

    def _put(self, resource: Resource, key: Key, body: Json, before: Json | None) -> Json:
        table = self.table(resource)
        self.version += 1
        kept = with_metadata(body, {"resourceVersion": str(self.version)})
        table.objects[key] = kept
        self._tell(table, Change(self.version, "MODIFIED" if before else "ADDED", kept, before))
        return kept

    def _tell(self, table: Table, change: Change) -> None:
        """Put the change into the history, then tell the followers: in order, though they may write themselves."""
        table.history.append(change)
        if len(table.history) > self._history:
            table.floor = table.history.popleft().version
        self._untold.append((table, change))
        if self._telling:
            return
        self._telling = True
        try:
            while self._untold:
                following, next_change = self._untold.popleft()
                for follower in list(following.followers):
                    follower(next_change)
        finally:
            self._telling = False


def key_of(body: Json) -> Key:
    metadata = body["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def with_metadata(body: Json, values: Json) -> Json:
    """A copy of the object with these metadata."""
    return {**body, "metadata": {**body["metadata"], **values}}
