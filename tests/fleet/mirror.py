"""What the fleet knows of the API server's objects: a store that is filled by watches and whose writes are sent.

The simulated kubelets read and write it as they do the simulated cluster's own.
"""

from __future__ import annotations

from typing import Any

from prewarm.simulator.resources import EVENTS, NODES, PODS, Resource
from prewarm.simulator.store import Change, Json, Key, Store, key_of
from tests.fleet.outbox import Outbox

NEEDED = ("name", "namespace", "uid", "labels", "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers")


class Mirror(Store):
    """A kubelet's own word about a pod stands: what a watch tells of its status is older."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(history=0)
        self._outbox = outbox
        self._said: set[str] = set()  # uids of the pods whose status a kubelet has written

    def take(self, resource: Resource, kind: str, body: Json) -> None:
        """A watch or a list has told of an object: ADDED, MODIFIED or DELETED."""
        body = body | {"metadata": {key: body["metadata"][key] for key in NEEDED if key in body["metadata"]}}
        key = key_of(body)
        table = self.table(resource)
        before = table.objects.get(key)
        if before and before["metadata"]["uid"] != body["metadata"]["uid"]:
            self.lose(resource, key)
            before = None
        if kind == "DELETED":
            if before:
                self.lose(resource, key)
            return
        if before and body["metadata"]["uid"] in self._said:
            body["status"] = before["status"]
        table.objects[key] = body
        self._tell(table, Change(0, "MODIFIED" if before else "ADDED", body, before))

    def lose(self, resource: Resource, key: Key) -> None:
        """The API server no longer has the object."""
        table = self.table(resource)
        last = table.objects.pop(key)
        self._said.discard(last["metadata"]["uid"])
        self._outbox.forget(last["metadata"]["uid"])
        self._tell(table, Change(0, "DELETED", last, last))

    def create(self, resource: Resource, body: Json) -> Json:
        """Only events are made here."""
        assert resource is EVENTS
        del body["involvedObject"]["resourceVersion"]  # it would be the mirror's
        self._outbox.tell(body)
        return super().create(resource, body)

    def write(self, resource: Resource, body: Json) -> Json:
        """A pod's status, a node's images, the count of an event; or that a pod's containers have ended."""
        before = self.get(resource, *key_of(body))
        if resource is PODS and body["status"] is before["status"]:
            self._outbox.let_go(body)
            return body
        kept = super().write(resource, body)
        if kept is before:
            return kept
        if resource is EVENTS:
            self._outbox.tell_again(kept)
        elif resource is PODS:
            self._said.add(kept["metadata"]["uid"])
            self._outbox.report_pod(kept)
        elif resource is NODES:
            self._outbox.report_node(kept["metadata"]["name"], changes(before["status"], kept["status"]))
        return kept

    def remove(self, resource: Resource, namespace: str, name: str) -> Json:
        """Events are only forgotten here; pods go when the API server says so; a node takes itself away."""
        body = self.get(resource, namespace, name)
        if resource is EVENTS:
            del self.table(resource).objects[namespace, name]
        elif resource is NODES:
            self._outbox.remove_node(name)
        return body


def changes(before: Json, after: Json) -> dict[str, Any]:
    """The merge patch that makes one status of the other: what is new, and null for what is no more."""
    gone = dict.fromkeys(key for key in before if key not in after)
    return {key: value for key, value in after.items() if before.get(key) != value} | gone
