"""Events: who tells what about which object. The same event told again is counted, not repeated."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from prewarm.simulator.clock import micro_now, now
from prewarm.simulator.release import Release
from prewarm.simulator.resources import EVENTS, Resource
from prewarm.simulator.store import Json, Key, Store, key_of

KEPT = 5_000  # events; the oldest are forgotten first, as after their hour at the real API server

Told = dict[tuple[Any, ...], str]


class Recorder:
    """Writes events into the store."""

    def __init__(self, store: Store, release: Release) -> None:
        self._store = store
        self._release = release
        self._order: deque[Key] = deque()
        self._number = 0

    def tell(
        self,
        about: tuple[Resource, Json],
        kind: str,
        reason: str,
        message: str,
        *,
        component: str = "kubelet",
        host: str = "",
        field_path: str = "",
        told: Told | None = None,
    ) -> None:
        """Record an event of kind Normal or Warning. `told` remembers what its teller has said so far."""
        said = (field_path, kind, reason, message)
        if told is not None and said in told and self._again(about, told[said]):
            return
        resource, body = about
        event = self._event(resource, body, kind, reason, message, component, host, field_path)
        self._keep(event)
        if told is not None:
            told[said] = event["metadata"]["name"]

    def tell_scheduling(self, pod: Json, kind: str, reason: str, message: str, action: str, resource: Resource) -> None:
        """The scheduler's events are of the newer sort: eventTime, action, no count."""
        event = self._event(resource, pod, kind, reason, message, "default-scheduler", "", "")
        event |= {"source": {}, "firstTimestamp": None, "lastTimestamp": None}
        event |= {"eventTime": micro_now(), "action": action}
        event["reportingInstance"] = "default-scheduler-simulated"
        event["reportingComponent"] = "default-scheduler"
        del event["count"]
        self._keep(event)

    def _again(self, about: tuple[Resource, Json], name: str) -> bool:
        namespace = about[1]["metadata"].get("namespace", "default")
        known = self._store.find(EVENTS, namespace, name)
        if known is None:
            return False
        self._store.write(EVENTS, known | {"count": known["count"] + 1, "lastTimestamp": now()})
        return True

    def _event(
        self,
        resource: Resource,
        body: Json,
        kind: str,
        reason: str,
        message: str,
        component: str,
        host: str,
        field_path: str,
    ) -> Json:
        metadata = body["metadata"]
        namespace = metadata.get("namespace", "default")
        involved = {
            "kind": resource.kind,
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": resource.group_version,
            "resourceVersion": metadata.get("resourceVersion", ""),
        }
        if resource.namespaced:
            involved["namespace"] = namespace
        if field_path:
            involved["fieldPath"] = field_path
        at = now()
        self._number = max(self._number + 1, time.time_ns())  # of one instant there may be several
        return {
            "metadata": {"name": f"{metadata['name']}.{self._number:x}", "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": {"component": component} | ({"host": host} if host else {}),
            "firstTimestamp": at,
            "lastTimestamp": at,
            "count": 1,
            "type": kind,
            "eventTime": None,
            "reportingComponent": component if self._release.recent else "",
            "reportingInstance": host if self._release.recent else "",
        }

    def _keep(self, event: Json) -> None:
        kept = self._store.create(EVENTS, event)
        self._order.append(key_of(kept))
        while len(self._order) > KEPT:
            oldest = self._order.popleft()
            if oldest in self._store.objects(EVENTS):
                self._store.remove(EVENTS, *oldest)
