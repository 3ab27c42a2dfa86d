"""A sampler outside of IPS: its own watch on the API server counts the pods that pull at once, beside the caps.

    with Sampler(kubeconfig) as sampler:
        …
        sampler.assert_within(Caps(cluster=20, named={"host:registry.example.com": 2}))
        print(sampler.table())

It knows nothing of IPS but the labels on its pull jobs. It rides over an API server that goes away: after a gap it
lists anew, and says how often (`gaps`). A test that puts a fault between IPS and the API server gives the sampler the
kubeconfig of the API server itself.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.contract.server import connect, wait_for

SCOPES = ("cluster", "host", "tenant", "task", "batch", "node")
# A container waits for these only after its image was pulled.
AFTER_PULL = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff"})
WATCH_SECONDS = 10
CATCH_UP_SECONDS = 10.0


@dataclass(frozen=True)
class Caps:
    """What may be in flight at once, by default as IPS starts; None: held against nothing.

    `named` says it for one: `host:docker.io`, `tenant:<uuid>`, `task:<uuid>`, `batch:<uuid of the task>` (each of its
    batches), `batch:<uuid of the task>/<number>`. The names of Limit rows are the same.
    """

    cluster: int | None = 100
    host: int | None = 50
    tenant: int | None = 100
    task: int | None = None
    batch: int | None = 5
    node: int | None = 1
    named: Mapping[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int | None:
        whole = name.partition("/")[0] if name.startswith("batch:") else name
        default: int | None = getattr(self, scope_of(name))
        return self.named.get(name, self.named.get(whole, default))


def scope_of(name: str) -> str:
    return name.partition(":")[0]


class OverTheCap(AssertionError):
    """More was in flight at once than a cap allows."""


class Sampler:
    """From its making on: pods ever `made` per node, how often each of the `names`, and the most that pulled at once.

    A pod pulls from its creation until each of its images is on the node, or the pod is gone. What was there before
    is another's.
    """

    def __init__(self, kubeconfig: Path | str, namespace: str = "ips-pull") -> None:
        self.made: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.gaps = 0
        self._url = f"/api/v1/namespaces/{namespace}/pods"
        self._http = connect("sampled", Path(kubeconfig), "").http
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self._most: Counter[str] = Counter()
        self._pulling: dict[str, list[str]] = {}  # by uid: where it counts
        self._pulled: dict[str, set[str]] = {}  # by uid: containers whose image was on the node once
        self._seen: dict[str, str] = {}  # by uid: the version of the pod that was taken in last
        self._gone: set[str] = set()
        self._closed = threading.Event()
        there = self._list()
        self._others = {pod["metadata"]["uid"] for pod in there["items"]}
        self._version: str = there["metadata"]["resourceVersion"]
        threading.Thread(target=self._follow, daemon=True).start()

    def __enter__(self) -> Sampler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Look no more. The watch ends by itself within some seconds."""
        self._closed.set()

    def peaks(self) -> Counter[str]:
        """The most ever in flight: `cluster`, `host:…`, `tenant:…`, `task:…`, `batch:<task>/<number>`, `node:…`.

        It includes what the API server has told by now: the watch is waited for.
        """
        self._catch_up()
        with self._lock:
            return Counter(self._most)

    def count_from_now(self) -> None:
        """What pulls at this moment is in flight no longer, and no peak was seen yet."""
        self._catch_up()
        with self._lock:
            self._now.clear()
            self._most.clear()
            self._pulling = {uid: [] for uid in self._pulling}

    def assert_within(self, caps: Caps | None = None) -> None:
        """Raise OverTheCap, with the table, if anything was ever above its cap."""
        caps = caps or Caps()
        over = [name for name, most in self.peaks().items() if (cap := caps.of(name)) is not None and most > cap]
        if over:
            raise OverTheCap(f"over the cap: {', '.join(sorted(over))}\n{self.table(caps)}")

    def table(self, caps: Caps | None = None) -> str:
        """A line per cluster, host and tenant, and for tasks, batches and nodes the ones nearest to their cap."""
        caps = caps or Caps()
        peaks = self.peaks()
        lines = [f"{'most in flight at once':<60} {'seen':>6} {'cap':>6}"]
        for scope in SCOPES:
            names = sorted(name for name in peaks if scope_of(name) == scope)
            names.sort(key=lambda name: -(peaks[name] / (caps.of(name) or 10**6)))
            shown = names if scope in ("cluster", "host", "tenant") else names[:1]
            for name in shown:
                more = f" (of {len(names)})" if len(shown) < len(names) else ""
                cap = caps.of(name)
                lines.append(f"{name + more:<60} {peaks[name]:>6} {'–' if cap is None else cap:>6}")
        lines.append(f"{sum(self.made.values())} pods made, {self.gaps} gaps in the watch")
        return "\n".join(lines)

    def _list(self) -> dict[str, Any]:
        listed: dict[str, Any] = self._http.get(self._url).raise_for_status().json()
        return listed

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                if not self._watch():
                    self._list_anew()
            except (httpx.HTTPError, json.JSONDecodeError, OSError):
                time.sleep(0.1)  # it is away: the version in hand says where to go on

    def _watch(self) -> bool:
        """Follow until the server ends the watch; false when it no longer has what happened since."""
        params = {
            "watch": "1",
            "resourceVersion": self._version,
            "timeoutSeconds": str(WATCH_SECONDS),
            "allowWatchBookmarks": "true",
        }
        with self._http.stream(
            "GET", self._url, params=params, timeout=httpx.Timeout(5, read=3 * WATCH_SECONDS)
        ) as answer:
            if answer.status_code in (410, 504):
                return False
            answer.raise_for_status()
            for line in answer.iter_lines():
                if not line or self._closed.is_set():
                    continue
                event = orjson.loads(line)
                if event["type"] == "ERROR":
                    return False
                self._version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    self._take(event["object"], gone=event["type"] == "DELETED")
        return True

    def _list_anew(self) -> None:
        self.gaps += 1
        there = self._list()
        listed = {pod["metadata"]["uid"] for pod in there["items"]}
        for uid in list(self._seen.keys() - self._gone - listed):
            self._leave(uid)
        for pod in there["items"]:
            self._take(pod, gone=False)
        self._version = there["metadata"]["resourceVersion"]

    def _take(self, pod: dict[str, Any], *, gone: bool) -> None:
        uid = pod["metadata"]["uid"]
        if uid in self._others:
            return
        with self._lock:
            if uid not in self._seen:
                self.made[node_of(pod)] += 1
                self.names[pod["metadata"]["name"]] += 1
                if not gone:
                    self._enter(uid, places(pod))
            self._seen[uid] = pod["metadata"]["resourceVersion"]
        self._pulled.setdefault(uid, set()).update(pulled(pod))
        if gone or len(self._pulled[uid]) == len(pod["spec"]["containers"]):
            self._leave(uid, gone=gone)

    def _enter(self, uid: str, where: list[str]) -> None:
        self._pulling[uid] = where
        self._now.update(where)
        for name in where:
            self._most[name] = max(self._most[name], self._now[name])

    def _leave(self, uid: str, *, gone: bool = True) -> None:
        with self._lock:
            self._now.subtract(self._pulling.pop(uid, []))
            if gone:
                self._gone.add(uid)

    def _catch_up(self) -> None:
        """Wait until every pod that is there now was taken in. An API server that is away now tells nothing more."""
        try:
            there = self._list()["items"]
        except (httpx.HTTPError, json.JSONDecodeError, OSError):
            return
        versions = {pod["metadata"]["uid"]: int(pod["metadata"]["resourceVersion"]) for pod in there}
        wanted = {uid: version for uid, version in versions.items() if uid not in self._others}
        wait_for(
            lambda: all(self._knows(uid, version) for uid, version in wanted.items()),
            "the sampler's watch to tell what its list tells",
            CATCH_UP_SECONDS,
        )

    def _knows(self, uid: str, version: int) -> bool:
        with self._lock:
            return uid in self._gone or int(self._seen.get(uid, 0)) >= version


def places(pod: dict[str, Any]) -> list[str]:
    """Where a pod counts. Without our labels it counts in the cluster, at its hosts and on its node all the same."""
    labels = pod["metadata"].get("labels") or {}
    task = labels.get("ips.io/task", "?")
    hosts = sorted({host_of(container["image"]) for container in pod["spec"]["containers"]})
    return [
        "cluster",
        *(f"host:{host}" for host in hosts),
        f"tenant:{labels.get('ips.io/tenant', '?')}",
        f"task:{task}",
        f"batch:{task}/{labels.get('ips.io/batch', '?')}",
        f"node:{node_of(pod)}",
    ]


def node_of(pod: dict[str, Any]) -> str:
    return str((pod["metadata"].get("annotations") or {}).get("ips.io/node") or pod["spec"].get("nodeName") or "?")


def host_of(image: str) -> str:
    """The registry host of a reference, told as docker does: by a first part that no repository could have."""
    first, slash, _ = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    return first.lower().replace("index.docker.io", "docker.io") if named else "docker.io"


def pulled(pod: dict[str, Any]) -> set[str]:
    """The containers whose image is on the node, as far as this status shows."""
    entries = (pod.get("status") or {}).get("containerStatuses") or []
    return {
        entry["name"]
        for entry in entries
        if entry.get("imageID") or entry["state"].get("waiting", {}).get("reason") in AFTER_PULL
    }
