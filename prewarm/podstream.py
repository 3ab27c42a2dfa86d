"""What the pods of this installation look like right now: one list and one watch per worker process.

The stream lives as long as the process, across turns. It keeps only what verdicts need. A pod counts as gone only when
the API server said so: a DELETED line, or its absence from a whole list made later than it was seen.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from prewarm.cluster import Cluster, ClusterError, ClusterUnreachable, ResourceExpired, Watched
from prewarm.cluster.client import retry_seconds
from prewarm.cluster.paths import events, pods
from prewarm.manifests import INSTALLATION_LABEL, PULL_JOB_LABEL
from prewarm.podseen import PodSeen, trimmed
from prewarm.pullevents import PullEvents

log = logging.getLogger(__name__)

GONE_REMEMBERED = 1_000
LATE_SECONDS = 2.0  # how much later than it should a watch may end


class PodStream:
    """Follows pods and their Pulled events in two threads of the worker's process."""

    def __init__(self, cluster: Cluster, installation: str, stopping: threading.Event) -> None:
        self._cluster = cluster
        self._stopping = stopping
        self._selector = f"{INSTALLATION_LABEL}={installation}"
        self._seen: dict[str, PodSeen] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()  # those of them that are gone, the oldest first
        self._changed: set[str] = set()
        self._news = threading.Condition()
        self._heard = 0.0
        self._steady_since: float | None = None
        self._lost_at = time.monotonic()
        self._lost_by: ClusterError | None = None
        self._interruptions = 0
        self.pull_events = PullEvents()

    def start(self) -> None:
        for work in (self._follow_pods, self._follow_events):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def quiet_for(self) -> float:
        """Seconds since the API server was last heard from; infinite before the first whole list."""
        return time.monotonic() - self._heard if self._heard else float("inf")

    def steady_for(self) -> float:
        """Seconds since the stream last (re)started; 0 while it is interrupted, or may be without our knowing."""
        if self._steady_since is None or self.quiet_for() > settings.WATCH_SECONDS + LATE_SECONDS:
            return 0.0
        return time.monotonic() - self._steady_since

    def interruption(self) -> tuple[float, ClusterError | None]:
        """For how many seconds the stream has been lost, and by which error; (0, None) while it is followed."""
        lost_by = self._lost_by
        return (time.monotonic() - self._lost_at, lost_by) if lost_by else (0.0, None)

    def interruptions(self) -> int:
        """How often it was interrupted since the last call."""
        with self._news:
            times, self._interruptions = self._interruptions, 0
        return times

    def look(self, pull_job: str) -> PodSeen | None:
        return self._seen.get(pull_job)

    def changed(self) -> set[str]:
        """The pull jobs that changed since the last call."""
        with self._news:
            changed, self._changed = self._changed, set()
        return changed

    def wait(self, seconds: float) -> bool:
        """Until something changes, at most so long; true when something did."""
        with self._news:
            return bool(self._changed) or self._news.wait(max(0.0, seconds))

    def wake(self) -> None:
        """End a wait: something else than a pod has news."""
        with self._news:
            self._news.notify_all()

    def _follow_pods(self) -> None:
        failures = 0
        version = ""
        while not self._stopping.is_set():
            try:
                version = version or self._take_list()
                for line in self._cluster.watch(
                    pods(), {"labelSelector": self._selector}, version, settings.WATCH_SECONDS
                ):
                    version = self._take_line(line) or version
                    failures = 0
                self._followed()
                failures = 0
            except ResourceExpired as error:
                version = ""
                if failures:  # nothing was heard since the last time: do not list without end
                    self._lost(error, failures)
                failures += 1
            except ClusterError as error:
                failures += 1
                self._lost(error, failures)
            except Exception as error:
                failures += 1
                version = ""
                log.exception("pod stream broke")
                self._lost(ClusterUnreachable(f"{type(error).__name__}: {error}"), failures)

    def _followed(self) -> None:
        """The API server was heard from."""
        self._heard = time.monotonic()
        self._lost_by = None
        if self._steady_since is None:
            self._steady_since = self._heard

    def _lost(self, error: ClusterError, failures: int) -> None:
        """Note the interruption, and wait before the next try."""
        self._steady_since = None
        with self._news:
            self._interruptions += 1
        if self._lost_by is None:
            self._lost_at = time.monotonic()
        self._lost_by = error
        log.warning("pod stream interrupted", extra={"error": error.message, "failures": failures})
        self._stopping.wait(retry_seconds(failures, error))

    def _take_list(self) -> str:
        before = set(self._seen)
        listed: set[str] = set()
        version = ""
        for items, listed_at in self._cluster.pages(pods(), {"labelSelector": self._selector}):
            version = listed_at
            for pod in items:
                listed.add(self._take(pod, gone=False))
        for pull_job in before - listed:
            known = self._seen.get(pull_job)
            if known and not known.gone:
                self._put(pull_job, replace(known, deleting=True, gone=True))
        self._followed()
        return version

    def _take_line(self, line: Watched) -> str:
        self._followed()
        if line.kind != "BOOKMARK":
            self._take(line.object, gone=line.kind == "DELETED")
        return str(line.object["metadata"].get("resourceVersion") or "")

    def _take(self, pod: Mapping[str, Any], *, gone: bool) -> str:
        metadata = pod["metadata"]
        pull_job = (metadata.get("labels") or {}).get(PULL_JOB_LABEL) or metadata["name"]
        known = self._seen.get(pull_job)
        if gone and known and known.uid != metadata["uid"]:
            return str(pull_job)  # an older pod of a Job: not the one we follow
        same = known if known and known.uid == metadata["uid"] else None
        self._put(
            pull_job,
            PodSeen(
                name=metadata["name"],
                uid=metadata["uid"],
                deleting=gone or bool(metadata.get("deletionTimestamp")),
                status=trimmed(pod.get("status") or {}),
                alive_before=bool(same and (same.alive_before or not same.ended)),
                gone=gone,
                since=same.since if same else time.monotonic(),
            ),
        )
        return str(pull_job)

    def _put(self, pull_job: str, seen: PodSeen) -> None:
        with self._news:
            self._seen[pull_job] = seen
            self._gone.pop(pull_job, None)
            if seen.gone:
                self._gone[pull_job] = None
                if len(self._gone) > GONE_REMEMBERED:
                    del self._seen[self._gone.popitem(last=False)[0]]
            self._changed.add(pull_job)
            self._news.notify_all()

    def _follow_events(self) -> None:
        failures = 0
        version = ""
        query = {"fieldSelector": "involvedObject.kind=Pod,reason=Pulled"}
        while not self._stopping.is_set():
            try:
                if not version:
                    version = str(self._cluster.get(events(), {**query, "limit": 1})["metadata"]["resourceVersion"])
                for line in self._cluster.watch(events(), query, version, settings.WATCH_SECONDS):
                    version = str(line.object["metadata"].get("resourceVersion") or version)
                    if line.kind in ("ADDED", "MODIFIED"):
                        self.pull_events.take(line.object)
                    failures = 0
                failures = 0
            except Exception as error:  # events only add durations: nothing here may matter more than a log line
                failures += 1
                if not isinstance(error, ClusterError) or isinstance(error, ResourceExpired):
                    version = ""
                log.warning("event stream interrupted", extra={"error": str(error)})
                self._stopping.wait(retry_seconds(failures, error))
