"""What controllers clear away: pods of deleted Jobs, pods of nodes that are gone, pods that a taint drives out."""

from __future__ import annotations

import asyncio
import time

from prewarm.simulator.clock import now
from prewarm.simulator.deletion import FOREGROUND, ORPHAN, Deletion, without_finalizer
from prewarm.simulator.jobcontroller import TRACKING, owner_of
from prewarm.simulator.nodefit import tolerates
from prewarm.simulator.pace import Pace
from prewarm.simulator.recorder import Recorder
from prewarm.simulator.release import Release
from prewarm.simulator.resources import JOBS, NODES, PODS
from prewarm.simulator.store import Change, Json, Key, Store, key_of, with_metadata

AT_ONCE: Json = {"gracePeriodSeconds": 0}


class JobGarbage:
    """Deletes or orphans the pods of Jobs that are deleted."""

    def __init__(self, store: Store, deletion: Deletion) -> None:
        self._store = store
        self._deletion = deletion
        self._pods: dict[str, set[Key]] = {}  # of a Job's uid
        self._due: asyncio.Queue[Json] = asyncio.Queue()
        store.follow(JOBS, self._see_job)
        store.follow(PODS, self._see_pod)

    async def run(self) -> None:
        """Clear up after one Job after the other, for ever."""
        while True:
            self._collect(await self._due.get())
            await asyncio.sleep(0)

    def _see_job(self, change: Change) -> None:
        if change.kind == "DELETED" or change.object["metadata"].get("deletionTimestamp"):
            self._due.put_nowait(change.object)

    def _see_pod(self, change: Change) -> None:
        owner = owner_of(change.object)
        if owner is None:
            return
        pods = self._pods.setdefault(owner["uid"], set())
        if change.kind != "DELETED":
            pods.add(key_of(change.object))
            return
        pods.discard(key_of(change.object))
        if not pods:
            del self._pods[owner["uid"]]
        job = self._store.find(JOBS, change.object["metadata"]["namespace"], owner["name"])
        if job and job["metadata"].get("deletionTimestamp"):
            self._due.put_nowait(job)

    def _collect(self, job: Json) -> None:
        metadata = job["metadata"]
        current = self._store.find(JOBS, *key_of(job))
        alive = current if current and current["metadata"]["uid"] == metadata["uid"] else None
        orphaned = ORPHAN in (metadata.get("finalizers") or ())
        for key in list(self._pods.get(metadata["uid"], ())):
            pod = self._store.write(PODS, without_finalizer(self._store.get(PODS, *key), TRACKING))
            if orphaned:
                owners = [one for one in pod["metadata"]["ownerReferences"] if one["uid"] != metadata["uid"]]
                self._store.write(PODS, with_metadata(pod, {"ownerReferences": owners}))
            else:
                self._deletion.delete(PODS, *key, {})
        if orphaned:
            self._pods.pop(metadata["uid"], None)
        if alive and not self._pods.get(metadata["uid"]):
            for finalizer in (ORPHAN, FOREGROUND):
                alive = without_finalizer(alive, finalizer)
            self._deletion.finish(JOBS, self._store.write(JOBS, alive))


class PodGarbage:
    """Removes pods that are bound to nodes which do not exist (podgc)."""

    def __init__(self, store: Store, deletion: Deletion, release: Release, pace: Pace) -> None:
        self._store = store
        self._deletion = deletion
        self._release = release
        self._pace = pace
        self._homeless: dict[str, float] = {}

    async def run(self) -> None:
        """Look for pods without a node now and then, for ever."""
        while True:
            await asyncio.sleep(self._pace.collect / 4)
            self._collect()

    def _collect(self) -> None:
        nodes = self._store.objects(NODES)
        homeless = {
            pod["metadata"]["uid"]: pod
            for pod in self._store.objects(PODS).values()
            if pod["spec"].get("nodeName") and ("", pod["spec"]["nodeName"]) not in nodes
        }
        at = time.monotonic()
        self._homeless = {uid: self._homeless.get(uid, at) for uid in homeless}
        for uid, since in self._homeless.items():
            if at - since >= self._pace.collect:
                self._remove(homeless[uid])

    def _remove(self, pod: Json) -> None:
        if self._release.recent and pod["status"].get("phase") not in ("Succeeded", "Failed"):
            target: Json = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}
            target |= {"message": "PodGC: node no longer exists", "lastProbeTime": None, "lastTransitionTime": now()}
            conditions = [*(pod["status"].get("conditions") or ()), target]
            failed = pod["status"] | {"phase": "Failed", "conditions": conditions}
            pod = self._store.write(PODS, pod | {"status": failed})
        if self._store.find(PODS, *key_of(pod)):
            self._deletion.delete(PODS, *key_of(pod), AT_ONCE)


class TaintEviction:
    """Deletes pods that do not tolerate a NoExecute taint of their node, at once or after their tolerationSeconds."""

    def __init__(self, store: Store, deletion: Deletion, recorder: Recorder, release: Release) -> None:
        self._store = store
        self._deletion = deletion
        self._recorder = recorder
        self._component = "taint-eviction-controller" if release.recent else "taint-controller"
        store.follow(NODES, self._see_node)
        store.follow(PODS, self._see_pod)

    def _see_node(self, change: Change) -> None:
        taints = _no_execute(change.object)
        if change.kind == "DELETED" or not taints or (change.before and _no_execute(change.before) == taints):
            return
        for pod in list(self._store.objects(PODS).values()):
            if pod["spec"].get("nodeName") == change.object["metadata"]["name"]:
                self._judge(pod, taints)

    def _see_pod(self, change: Change) -> None:
        name = change.object["spec"].get("nodeName")
        bound_now = change.before is None or change.before["spec"].get("nodeName") != name
        if not name or change.kind == "DELETED" or not bound_now:
            return
        node = self._store.find(NODES, "", name)
        if node and (taints := _no_execute(node)):
            asyncio.get_running_loop().call_soon(self._judge, change.object, taints)

    def _judge(self, pod: Json, taints: list[Json]) -> None:
        patience = float("inf")
        for taint in taints:
            fitting = [one for one in pod["spec"].get("tolerations") or () if tolerates(one, taint)]
            limits = [one["tolerationSeconds"] for one in fitting if one.get("tolerationSeconds") is not None]
            patience = min(patience, 0.0 if not fitting else min(limits, default=float("inf")))
        if patience < float("inf"):
            asyncio.get_running_loop().call_later(patience, self._drive_out, pod)

    def _drive_out(self, pod: Json) -> None:
        found = self._store.find(PODS, *key_of(pod))
        if not found or found["metadata"]["uid"] != pod["metadata"]["uid"]:
            return
        node = self._store.find(NODES, "", found["spec"]["nodeName"])
        if node is None or not _no_execute(node) or found["metadata"].get("deletionTimestamp"):
            return
        metadata = found["metadata"]
        text = f"Marking for deletion Pod {metadata['namespace']}/{metadata['name']}"
        self._recorder.tell((PODS, found), "Normal", "TaintManagerEviction", text, component=self._component)
        self._deletion.delete(PODS, *key_of(found), {})


def _no_execute(node: Json) -> list[Json]:
    return [taint for taint in node["spec"].get("taints") or () if taint["effect"] == "NoExecute"]
