"""What kubelets want to tell the API server: of a pod its newest status only; events and what is new of nodes.

Both have connections of their own, as in a kubelet: no status waits for an event.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from prewarm.simulator.store import Json
from tests.fleet.connection import JSON, MERGE, Connection, Refused

log = logging.getLogger(__name__)
Sending = Coroutine[Any, Any, None]
News = tuple[str, str, str, Json | None]  # node, method, path, body
FOR_STATUSES, FOR_NEWS = 24, 8  # connections
HOLD = 0.3  # seconds that a terse fleet waits for something better to say than that a pod has begun
TERSE = ("Pulling image", "Successfully pulled image")  # the events that it has
NO_LONGER = frozenset({404, 409})  # the object is gone, or is another one by now


@dataclass
class Letter:
    """What is to be said about one pod: its newest status (None: nothing), and whether it may go."""

    pod: Json
    status: Json | None = None
    let_go: bool = False
    sent: Json | None = None
    under_way: bool = False

    @property
    def empty(self) -> bool:
        return self.status is None and not self.let_go


class Outbox:
    """`is_mute` says of a node's name whether nothing must be heard from there."""

    def __init__(self, connection: Connection, is_mute: Callable[[str], bool], *, terse: bool) -> None:
        self._connection = connection
        self._is_mute = is_mute
        self._terse = terse
        self._letters: dict[str, Letter] = {}  # by the pod's uid
        self._pods: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._news: list[asyncio.Queue[News]] = [asyncio.Queue() for _ in range(FOR_NEWS)]

    def senders(self) -> list[Sending]:
        """What must run so that anything is sent."""
        return [*(self._send_pods() for _ in range(FOR_STATUSES)), *map(self._send_news, self._news)]

    def report_pod(self, pod: Json) -> None:
        letter = self._letter(pod)
        letter.status = pod["status"]
        uid = pod["metadata"]["uid"]
        if self._terse and has_only_begun(pod["status"]):
            asyncio.get_running_loop().call_later(HOLD, self._ring, uid)
        else:
            self._ring(uid)

    def let_go(self, pod: Json) -> None:
        """The containers of a pod that is being deleted have ended: after its last status it may go."""
        self._letter(pod).let_go = True
        self._ring(pod["metadata"]["uid"])

    def forget(self, uid: str) -> None:
        """The pod is gone: nothing is left to say about it."""
        self._letters.pop(uid, None)

    def tell(self, event: Json) -> None:
        if self._terse and not event["message"].startswith(TERSE):
            return
        self._post(
            event["source"]["host"], "POST", f"/api/v1/namespaces/{event['metadata']['namespace']}/events", event
        )

    def tell_again(self, event: Json) -> None:
        if self._terse:
            return
        path = f"/api/v1/namespaces/{event['metadata']['namespace']}/events/{event['metadata']['name']}"
        patch = {key: event[key] for key in ("count", "lastTimestamp")}
        self._post(event["source"]["host"], "PATCH", path, patch)

    def report_node(self, name: str, status: Json) -> None:
        self._post(name, "PATCH", f"/api/v1/nodes/{name}/status", {"status": status})

    def remove_node(self, name: str) -> None:
        self._post(name, "DELETE", f"/api/v1/nodes/{name}", None)

    def _post(self, node: str, method: str, path: str, body: Json | None) -> None:
        """Hand something over to the one sender of this node's news, so that it arrives in its order."""
        self._news[hash(node) % FOR_NEWS].put_nowait((node, method, path, body))

    def _letter(self, pod: Json) -> Letter:
        letter = self._letters.setdefault(pod["metadata"]["uid"], Letter(pod))
        letter.pod = pod
        return letter

    def _ring(self, uid: str) -> None:
        if uid not in self._waiting:
            self._waiting.add(uid)
            self._pods.put_nowait(uid)

    async def _send_pods(self) -> None:
        while True:
            uid = await self._pods.get()
            self._waiting.discard(uid)
            letter = self._letters.get(uid)
            if letter is None or letter.under_way or self._is_mute(letter.pod["spec"]["nodeName"]):
                continue
            letter.under_way = True
            await self._deliver(letter)
            letter.under_way = False
            if not letter.empty:
                self._ring(uid)

    async def _deliver(self, letter: Letter) -> None:
        metadata = letter.pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        status, letter.status = letter.status, None
        if status is not None:
            gone = dict.fromkeys(key for key in letter.sent or () if key not in status)
            letter.sent = status
            await self._send("PATCH", f"{path}/status", {"metadata": {"uid": metadata["uid"]}, "status": status | gone})
        elif letter.let_go:
            letter.let_go = False
            await self._send("DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}})

    async def _send_news(self, waiting: asyncio.Queue[News]) -> None:
        while True:
            node, method, path, body = await waiting.get()
            if not self._is_mute(node):
                await self._send(method, path, body)

    async def _send(self, method: str, path: str, body: Json | None) -> None:
        try:
            await self._connection.request(method, path, body, MERGE if method == "PATCH" else JSON)
        except Refused as refused:
            if refused.status not in NO_LONGER:
                log.warning("%s %s: %s", method, path, refused)


def has_only_begun(status: Json) -> bool:
    """Nothing has become of any container yet."""
    entries = (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    reasons = {(entry["state"].get("waiting") or {}).get("reason") for entry in entries}
    return status["phase"] == "Pending" and reasons <= {"ContainerCreating", "PodInitializing"}
