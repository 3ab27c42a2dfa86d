"""Steps (b) and (d): creating and deleting pull jobs, outside any transaction, on a pool of threads.

What comes back is only noted here; the turn, which alone changes pulls, reads it with `answers`.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from prewarm.classify import reason_for_refusal
from prewarm.cluster import AlreadyThere, Cluster, ClusterError, ClusterUnreachable, Refused
from prewarm.cluster.paths import events, jobs, pods
from prewarm.crash_points import crash_point
from prewarm.judge import clean, judge
from prewarm.manifests import INSTALLATION_LABEL, PULL_JOB_LABEL

THREADS = 20


@dataclass(frozen=True)
class Created:
    """The pull job exists and is ours: made now, or found from an earlier try."""

    uid: str


@dataclass(frozen=True)
class Gone:
    """The API server says that there is no such object (any more)."""


@dataclass(frozen=True)
class StillThere:
    """The object exists; `uid` is its own."""

    uid: str


@dataclass(frozen=True)
class WaitFor:
    """Try again in so many seconds: our own object of that name is still being deleted.

    With `trouble`, how long to wait depends on how often it was tried already.
    """

    seconds: float = 0.0
    trouble: ClusterError | None = None


@dataclass(frozen=True)
class EndedUnjudged:
    """Our own object of that name is over and tells nothing: it must go, and a new one be made."""

    uid: str


@dataclass(frozen=True)
class No:
    """The API server will never accept this pull job."""

    reason: str
    message: str


Answer = Created | Gone | StillThere | WaitFor | EndedUnjudged | No


class Sender:
    """Sends creates, deletes and looks; `news` is called from a thread after each answer."""

    def __init__(self, cluster: Cluster, installation: str, news: Callable[[], None]) -> None:
        self._cluster = cluster
        self._installation = installation
        self._news = news
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sender")
        self._answers: queue.SimpleQueue[tuple[str, str, Answer]] = queue.SimpleQueue()
        self._under_way = 0
        self._creating: set[str] = set()

    @property
    def under_way(self) -> int:
        """How many requests have been sent whose answers were not read."""
        return self._under_way

    def is_creating(self, pull_job: str) -> bool:
        """Whether a create of this name has been sent whose answer was not read, be it by an earlier turn."""
        return pull_job in self._creating

    def create(self, pull_job: str, manifest: dict[str, Any], images: list[str], allowed: Callable[[], bool]) -> None:
        """Create unless it is no longer `allowed` when a thread is free: a slow API server makes requests wait here."""
        self._creating.add(pull_job)

        def work() -> Answer:
            crash_point("creating", about=" ".join(images))
            return self._create(manifest, images, allowed) if allowed() else WaitFor(0.0)

        self._submit("create", pull_job, work)

    def delete(self, pull_job: str, uid: str, *, via_job: bool, pod: tuple[str, str] | None) -> None:
        """Delete by uid; of a Job also its pod, so that nobody waits for the garbage collector."""
        self._submit("delete", pull_job, lambda: self._delete(pull_job, uid, via_job, pod))

    def look(self, pull_job: str, *, via_job: bool) -> None:
        """Believe only a GET by name: for a pull job that the stream does not know."""
        self._submit("look", pull_job, lambda: self._look(pull_job, via_job))

    def answers(self) -> list[tuple[str, str, Answer]]:
        """(what was asked, pull job, answer) of all requests that came back since the last call."""
        found = []
        while not self._answers.empty():
            what, pull_job, answer = self._answers.get()
            found.append((what, pull_job, answer))
            self._under_way -= 1
            if what == "create":
                self._creating.discard(pull_job)
        return found

    def _submit(self, what: str, pull_job: str, work: Callable[[], Answer]) -> None:
        def run() -> None:
            try:
                answer = work()
            except ClusterError as error:
                answer = WaitFor(trouble=error)
            except Exception as error:  # whatever it was, the turn must hear that it did not happen
                answer = WaitFor(trouble=ClusterUnreachable(f"{type(error).__name__}: {error}"))
            self._answers.put((what, pull_job, answer))
            self._news()

        self._under_way += 1
        self._pool.submit(run)

    def _create(self, manifest: dict[str, Any], images: list[str], allowed: Callable[[], bool]) -> Answer:
        via_job = manifest["kind"] == "Job"
        name = manifest["metadata"]["name"]
        try:
            uid = self._cluster.create(jobs() if via_job else pods(), manifest, allowed)
        except AlreadyThere:
            return self._found(name, via_job, images)
        except Refused as refused:
            if refused.status == 404:
                return WaitFor(trouble=refused)  # the pull namespace is missing
            if self._exists(name, via_job):
                return self._found(name, via_job, images)  # made by an earlier try whose answer was lost
            return No(reason_for_refusal(refused.status, refused.message), clean(refused.message))
        crash_point("created")
        return Created(uid)

    def _exists(self, name: str, via_job: bool) -> bool:
        """Whether there is an object of this name; who may not look knows of none."""
        with suppress(Refused):
            return self._cluster.find(jobs(name) if via_job else pods(name)) is not None
        return False

    def _found(self, name: str, via_job: bool, images: list[str]) -> Answer:
        """409: whose is it, and what state is it in?"""
        there = self._cluster.find(jobs(name) if via_job else pods(name))
        if there is None:
            return WaitFor(0.2)
        metadata = there["metadata"]
        labels = metadata.get("labels") or {}
        if labels.get(INSTALLATION_LABEL) != self._installation or labels.get(PULL_JOB_LABEL) != name:
            return No("name_conflict", f"{there.get('kind', 'an object')} {name} exists and is not ours.")
        if metadata.get("deletionTimestamp"):
            return WaitFor(0.5)
        if via_job:
            over = any(
                entry.get("type") in ("Complete", "Failed") and entry.get("status") == "True"
                for entry in (there.get("status") or {}).get("conditions") or ()
            )
            return EndedUnjudged(metadata["uid"]) if over and not self._pods_of(name) else Created(metadata["uid"])
        found = judge(there, images)
        if found.ended and len(found.verdicts) < len(images) and not found.end_reason:
            return EndedUnjudged(metadata["uid"])
        return Created(metadata["uid"])

    def _delete(self, name: str, uid: str, via_job: bool, pod: tuple[str, str] | None) -> Answer:
        there = False
        with suppress(AlreadyThere):  # another object has the name now: ours is gone
            there = self._cluster.delete(jobs(name) if via_job else pods(name), uid=uid, background=via_job)
        if via_job and pod:
            with suppress(AlreadyThere):
                there = self._cluster.delete(pods(pod[0]), uid=pod[1]) or there
        crash_point("deleted")
        return StillThere(uid) if there or (via_job and self._pods_of(name)) else Gone()

    def _look(self, name: str, via_job: bool) -> Answer:
        there = self._cluster.find(jobs(name) if via_job else pods(name))
        if via_job and self._pods_of(name):
            return StillThere(there["metadata"]["uid"] if there else "")
        if there is None:
            return Gone()
        return (via_job and self._pod_refused(name)) or StillThere(there["metadata"]["uid"])

    def _pods_of(self, job: str) -> list[Any]:
        """The pods of a Job; they may outlive it by as long as the garbage collector takes."""
        found: list[Any] = self._cluster.get(pods(), {"labelSelector": f"{PULL_JOB_LABEL}={job}"})["items"]
        return found

    def _pod_refused(self, job: str) -> No | None:
        """A Job whose pod is refused (quota, Pod Security) says so in an event and stays without conditions."""
        query = {"fieldSelector": f"involvedObject.kind=Job,involvedObject.name={job},reason=FailedCreate"}
        for event in self._cluster.get(events(), query)["items"]:
            message = clean(event.get("message") or "")
            return No(reason_for_refusal(403, message), message)
        return None
