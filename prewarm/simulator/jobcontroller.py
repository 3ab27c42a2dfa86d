"""The Job controller: makes a Job's pod, counts how it ends, and writes the Job's conditions."""

from __future__ import annotations

import asyncio
import time

from prewarm.simulator.clock import now
from prewarm.simulator.deletion import without_finalizer
from prewarm.simulator.jobending import COMPLETED, TOO_LATE, TOO_MANY_FAILURES, Ending, finished
from prewarm.simulator.pace import Pace
from prewarm.simulator.podstatus import ENDED
from prewarm.simulator.recorder import Recorder, Told
from prewarm.simulator.refusals import Refusal
from prewarm.simulator.release import Release
from prewarm.simulator.resources import JOBS, PODS
from prewarm.simulator.store import Change, Json, Key, Store, key_of
from prewarm.simulator.verbs import Verbs

TRACKING = "batch.kubernetes.io/job-tracking"
MOST_RETRY_SECONDS = 600.0


class JobController:
    """Looks at a Job again whenever it or one of its pods has changed."""

    def __init__(self, store: Store, verbs: Verbs, recorder: Recorder, release: Release, pace: Pace) -> None:
        self._store = store
        self._verbs = verbs
        self._recorder = recorder
        self._release = release
        self._pace = pace
        self._pods: dict[str, set[Key]] = {}  # of a Job's uid
        self._failed_creates: dict[str, int] = {}
        self._ended_pods: dict[str, set[str]] = {}  # uids of pods that were counted as failed, of a Job's uid
        self._told: dict[str, Told] = {}
        self._deadlines: dict[str, float] = {}  # on the monotonic clock
        self._due: asyncio.Queue[Key] = asyncio.Queue()
        store.follow(JOBS, self._see_job)
        store.follow(PODS, self._see_pod)

    async def run(self) -> None:
        """Work on Jobs that have changed, for ever."""
        while True:
            key = await self._due.get()
            job = self._store.find(JOBS, *key)
            if job and not job["metadata"].get("deletionTimestamp"):
                self._sync(job)
            await asyncio.sleep(0)

    def _see_job(self, change: Change) -> None:
        uid = change.object["metadata"]["uid"]
        if change.kind == "DELETED":
            for known in (self._pods, self._failed_creates, self._ended_pods, self._told, self._deadlines):
                known.pop(uid, None)
        elif change.before is None:
            self._due.put_nowait(key_of(change.object))
            if seconds := change.object["spec"].get("activeDeadlineSeconds"):
                self._deadlines[uid] = time.monotonic() + seconds
                asyncio.get_running_loop().call_later(seconds, self._due.put_nowait, key_of(change.object))

    def _see_pod(self, change: Change) -> None:
        owner = owner_of(change.object)
        if owner is None:
            return
        key = key_of(change.object)
        if change.kind == "DELETED":
            self._pods.get(owner["uid"], set()).discard(key)
        elif self._store.find(JOBS, key[0], owner["name"]):
            self._pods.setdefault(owner["uid"], set()).add(key)
        self._due.put_nowait((key[0], owner["name"]))

    def _sync(self, job: Json) -> None:
        uid = job["metadata"]["uid"]
        pods = [self._store.objects(PODS)[key] for key in sorted(self._pods.get(uid, ()))]
        if finished(job):
            self._release_pods(pods)
            return
        failed = self._ended_pods.setdefault(uid, set())
        failed.update(pod["metadata"]["uid"] for pod in pods if self._has_failed(pod))
        succeeded = [pod for pod in pods if pod["status"].get("phase") == "Succeeded"]
        active = [
            pod for pod in pods if pod["status"].get("phase") not in ENDED and pod["metadata"]["uid"] not in failed
        ]
        spec = job["spec"]
        if len(succeeded) >= spec["completions"]:
            self._end(job, pods, COMPLETED, len(succeeded), len(failed))
        elif len(failed) > spec["backoffLimit"]:
            self._end(job, pods, TOO_MANY_FAILURES, len(succeeded), len(failed))
        elif self._is_late(uid):
            for pod in active:
                self._verbs.deletion.delete(PODS, *key_of(pod), {})
            self._end(job, pods, TOO_LATE, len(succeeded), len(failed) + len(active))
        else:
            wanted = min(spec["parallelism"], spec["completions"] - len(succeeded)) - len(active)
            made = sum(self._create_pod(job) for _ in range(max(0, wanted)))
            self._write(job, self._running_status(job, len(active) + made, active))
            self._release_pods([pod for pod in pods if pod not in active])

    def _is_late(self, uid: str) -> bool:
        return time.monotonic() >= self._deadlines.get(uid, float("inf"))

    def _has_failed(self, pod: Json) -> bool:
        if pod["status"].get("phase") == "Failed":
            return True
        # since pods carry the tracking finalizer, one that is being deleted counts as failed; before, it was replaced
        return self._release.recent and bool(pod["metadata"].get("deletionTimestamp"))

    def _create_pod(self, job: Json) -> int:
        metadata = job["metadata"]
        uid = metadata["uid"]
        template = job["spec"]["template"]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"], "uid": uid}
        pod_metadata = {
            **template["metadata"],
            "generateName": f"{metadata['name']}-",
            "ownerReferences": [owner | {"controller": True, "blockOwnerDeletion": True}],
        } | ({"finalizers": [TRACKING]} if self._release.recent else {})
        try:
            pod, _ = self._verbs.create(
                PODS, metadata["namespace"], {"metadata": pod_metadata, "spec": template["spec"]}
            )
        except Refusal as refusal:
            self._tell(job, "Warning", "FailedCreate", f"Error creating: {refusal.message}")
            self._try_again_later(key_of(job), uid)
            return 0
        self._tell(job, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return 1

    def _try_again_later(self, key: Key, uid: str) -> None:
        times = self._failed_creates.get(uid, 0)
        self._failed_creates[uid] = times + 1
        pause = min(MOST_RETRY_SECONDS, self._pace.retry_job * 2**times)
        asyncio.get_running_loop().call_later(pause, self._due.put_nowait, key)

    def _running_status(self, job: Json, active: int, pods: list[Json]) -> Json:
        status = {"startTime": job["status"].get("startTime") or now()} | ({"active": active} if active else {})
        if self._release.recent:
            ready = sum(1 for pod in pods if pod["status"].get("phase") == "Running")
            status |= {"terminating": 0, "uncountedTerminatedPods": {}, "ready": ready}
        return status

    def _end(self, job: Json, pods: list[Json], ending: Ending, succeeded: int, failed: int) -> None:
        """Write the last conditions; recent versions first say what they aim for, then let go of the pods."""
        status: Json = {"startTime": job["status"].get("startTime") or now()}
        if self._release.recent:
            uncounted = {"succeeded" if ending.good else "failed": [pod["metadata"]["uid"] for pod in pods]}
            status |= {"terminating": 0, "ready": 0}
            aim = {"conditions": ending.aim(self._release), "uncountedTerminatedPods": uncounted}
            job = self._write(job, status | aim)
            status["uncountedTerminatedPods"] = {}
        self._release_pods(pods)
        status["conditions"] = ending.conditions(self._release)
        status |= {"completionTime": now()} if ending.good else {}
        status |= {"succeeded": succeeded} if succeeded else {}
        status |= {"failed": failed} if failed else {}
        self._write(job, status)
        self._tell(job, *ending.event)

    def _release_pods(self, pods: list[Json]) -> None:
        """Take the tracking finalizer off, so that the pods can be deleted."""
        for pod in pods:
            current = self._store.find(PODS, *key_of(pod))
            if current:
                freed = self._store.write(PODS, without_finalizer(current, TRACKING))
                self._verbs.deletion.finish(PODS, freed)

    def _write(self, job: Json, status: Json) -> Json:
        return self._store.write(JOBS, job | {"status": status})

    def _tell(self, job: Json, kind: str, reason: str, message: str) -> None:
        told = self._told.setdefault(job["metadata"]["uid"], {})
        self._recorder.tell((JOBS, job), kind, reason, message, component="job-controller", told=told)


def owner_of(pod: Json) -> Json | None:
    """The Job that a pod belongs to."""
    for owner in pod["metadata"].get("ownerReferences") or ():
        if owner["kind"] == "Job" and owner.get("controller"):
            return dict(owner)
    return None
