"""The kubelet of one simulated node: it admits pods, pulls images one at a time, and reports what it has."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from prewarm.references import Reference
from prewarm.simulator import texts
from prewarm.simulator.images import Image
from prewarm.simulator.nodefit import demand, labels_fit, quantity
from prewarm.simulator.pace import Pace
from prewarm.simulator.podstatus import ENDED
from prewarm.simulator.podworker import PodWorker
from prewarm.simulator.recorder import Recorder
from prewarm.simulator.registry import Registry
from prewarm.simulator.release import Release
from prewarm.simulator.resources import CONFIG_MAPS, NODES, PODS
from prewarm.simulator.store import Change, Json, Store, key_of

MOST_LISTED = 50  # kubelet nodeStatusMaxImages
SLOW_NODE = 10.0  # times
DEAF = frozenset({"notready", "silent"})  # faults of nodes whose kubelet does nothing


class Pulled(NamedTuple):
    """An image, the seconds its pull took, and those with the time in the node's queue."""

    image: Image
    took: float
    with_waiting: float


class Kubelet:
    """One per node. `fault` is the node's label ips.sim/fault."""

    __slots__ = (
        "_addresses",
        "_images",
        "_pulling",
        "_queue",
        "_report",
        "_store",
        "_tasks",
        "_workers",
        "address",
        "fault",
        "name",
        "pace",
        "recorder",
        "registry",
        "release",
    )

    def __init__(
        self, name: str, address: str, store: Store, registry: Registry, recorder: Recorder, pace: Pace
    ) -> None:
        self.name = name
        self.address = address
        self.registry = registry
        self.release: Release = registry.release
        self.recorder = recorder
        self.pace = pace
        self.fault = ""
        self._store = store
        self._images: dict[str, Image] = {}
        self._workers: dict[str, PodWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._pulling: set[asyncio.Task[Pulled]] = set()
        self._queue: asyncio.Lock | None = None
        self._report: asyncio.TimerHandle | None = None
        self._addresses = 0

    def see(self, change: Change) -> None:
        """A pod of this node was added, changed or removed."""
        metadata = change.object["metadata"]
        uid = metadata["uid"]
        if change.kind == "DELETED":
            self._drop(uid)
        elif uid in self._tasks:
            if worker := self._workers.get(uid):
                worker.take(change.object)
                if metadata.get("deletionTimestamp"):
                    self._terminate(worker)
        elif self.fault not in DEAF and change.object["status"].get("phase") not in ENDED:
            worker = self._workers[uid] = PodWorker(self, change.object)
            if metadata.get("deletionTimestamp"):
                self._terminate(worker)
            else:
                self._tasks[uid] = asyncio.create_task(self._work(worker))

    def stop(self) -> None:
        """The node is gone: nothing more happens on it."""
        for uid in list(self._workers):
            self._drop(uid)
        for task in self._pulling:
            task.cancel()
        if self._report:
            self._report.cancel()
            self._report = None

    def has(self, reference: Reference) -> bool:
        return reference.stored_name in self._images

    def image(self, reference: Reference) -> Image:
        return self._images[reference.stored_name]

    def has_from_the_start(self, image: Image) -> None:
        """Know an image that the node's status lists already."""
        self._images.update(dict.fromkeys(image.names, image))

    def keep(self, image: Image) -> None:
        """The node has this image from now on, and will report it soon."""
        self._images.update(dict.fromkeys(image.names, image))
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(self.pace.report, self._report_images)

    def forget_images(self) -> None:
        """As if image garbage collection had removed everything."""
        self._images.clear()
        self._report_images()

    async def pull(self, reference: Reference) -> Pulled:
        """Wait for the node's queue, then pull. Raises PullFailed.

        Older kubelets finish a pull that nobody waits for any more; recent ones cancel it.
        """
        if self.release.recent:
            return await self._pull(reference)
        task = asyncio.create_task(self._pull(reference))
        self._pulling.add(task)
        task.add_done_callback(self._pull_ended)
        return await asyncio.shield(task)

    def refusal(self, pod: Json) -> tuple[str, str] | None:
        """Why the kubelet does not admit a pod that was bound to it: a reason and a message."""
        node = self._store.find(NODES, "", self.name)
        if node is None:
            return None
        if self.fault == "diskpressure":
            return "Evicted", texts.under_pressure()
        if not labels_fit(pod["spec"], node):
            return "NodeAffinity", texts.wrong_labels(self.release)
        room = node["status"]["allocatable"]
        pods = int(room["pods"])
        others = [worker for worker in self._workers.values() if worker.uid != pod["metadata"]["uid"]]
        if self.fault == "noroom" or len(others) >= pods:
            return "OutOfpods", texts.no_room("pods", 1, pods, pods)
        for what, unit in (("cpu", 1000), ("memory", 1)):
            wanted = demand(pod["spec"], what, unit)
            used = sum(demand(worker.pod["spec"], what, unit) for worker in others)
            capacity = int(quantity(room[what]) * unit)
            if wanted and wanted + used > capacity:
                return f"OutOf{what}", texts.no_room(what, wanted, used, capacity)
        return None

    def config_keys(self, namespace: str, name: str) -> frozenset[str] | None:
        found = self._store.find(CONFIG_MAPS, namespace, name)
        return None if found is None else frozenset(found.get("data") or {})

    def next_address(self) -> str:
        self._addresses = self._addresses % 250 + 1
        return f"{self.address.rpartition('.')[0]}.{self._addresses}"

    def write_status(self, pod: Json, status: Json) -> None:
        """Tell the API server about a pod, unless it is another one by now."""
        found = self._store.find(PODS, *key_of(pod))
        if found and found["metadata"]["uid"] == pod["metadata"]["uid"]:
            self._store.write(PODS, found | {"status": status})

    def let_go(self, pod: Json) -> None:
        """The pod's containers are gone: the object may go too, unless a finalizer holds it."""
        found = self._store.find(PODS, *key_of(pod))
        if not found or found["metadata"]["uid"] != pod["metadata"]["uid"]:
            return
        marked = self._store.write(PODS, found | {"metadata": found["metadata"] | {"deletionGracePeriodSeconds": 0}})
        if not marked["metadata"].get("finalizers"):
            self._store.remove(PODS, *key_of(marked))

    async def _work(self, worker: PodWorker) -> None:
        try:
            if self.fault in ("evict", "gone"):
                await asyncio.wait_for(worker.run(), self.pace.evict)
            else:
                await worker.run()
        except TimeoutError:
            if self.fault == "gone":
                self._vanish()
            else:
                worker.evict()
        finally:
            if self._tasks.get(worker.uid) is asyncio.current_task():
                del self._tasks[worker.uid]
                self._workers.pop(worker.uid, None)

    def _terminate(self, worker: PodWorker) -> None:
        del self._workers[worker.uid]
        if task := self._tasks.pop(worker.uid, None):
            task.cancel()
        closing = asyncio.create_task(worker.terminate())
        self._tasks[worker.uid] = closing
        closing.add_done_callback(lambda _: self._tasks.pop(worker.uid, None))

    def _drop(self, uid: str) -> None:
        self._workers.pop(uid, None)
        if task := self._tasks.pop(uid, None):
            task.cancel()

    def _vanish(self) -> None:
        if self._store.find(NODES, "", self.name):
            self._store.remove(NODES, "", self.name)

    async def _pull(self, reference: Reference) -> Pulled:
        asked = time.monotonic()
        self._queue = self._queue or asyncio.Lock()
        async with self._queue:
            if self.fault in ("evict", "gone"):
                await asyncio.Event().wait()  # what is coming comes in mid-pull
            begun = time.monotonic()
            slowness = SLOW_NODE if self.fault == "slow" else 1.0
            image = await self.registry.pull(reference, self.name, slowness, self._images.get(reference.stored_name))
        ended = time.monotonic()
        self.keep(image)
        return Pulled(image, ended - begun, ended - asked)

    def _pull_ended(self, task: asyncio.Task[Pulled]) -> None:
        self._pulling.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has heard of it; nobody may be left

    def _report_images(self) -> None:
        """Write status.images: the biggest first, at most 50."""
        self._report = None
        node = self._store.find(NODES, "", self.name)
        if node is None or self.fault in DEAF:
            return
        known = sorted(set(self._images.values()), key=lambda image: (-image.size, image.names))
        status = node["status"] | {"images": [image.listed() for image in known[:MOST_LISTED]]}
        self._store.write(NODES, node | {"status": status})
