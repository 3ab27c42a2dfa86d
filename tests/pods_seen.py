"""A sampler outside of IPS: its own watch counts pods as they are made, and those that pull at once."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import httpx
import orjson

PODS = "/api/v1/namespaces/ips-pull/pods"
AFTER_PULL = frozenset({"CreateContainerConfigError", "CreateContainerError"})


class PodsSeen:
    """From its making on: pods ever `made` per node, and the `most` that pulled at once, per node and in all.

    A pod pulls from its creation until each of its images is on the node, or the pod is gone.
    """

    def __init__(self, url: str) -> None:
        self.made: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._pulling: dict[str, str] = {}
        self._url = url
        version = httpx.get(url + PODS).raise_for_status().json()["metadata"]["resourceVersion"]
        threading.Thread(target=self._follow, args=(version,), daemon=True).start()

    def _follow(self, version: str) -> None:
        params = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "3600"}
        with httpx.stream("GET", self._url + PODS, params=params, timeout=None) as stream:
            for line in stream.iter_lines():
                if line:
                    self._take(orjson.loads(line))

    def _take(self, line: dict[str, Any]) -> None:
        if line["type"] not in ("ADDED", "MODIFIED", "DELETED"):
            return
        pod = line["object"]
        uid, node = pod["metadata"]["uid"], pod["metadata"].get("annotations", {}).get("ips.io/node", "?")
        self.made[node] += line["type"] == "ADDED"
        if line["type"] == "DELETED" or _pulled_everything(pod):
            self._pulling.pop(uid, None)
        else:
            self._pulling[uid] = node
        here = sum(1 for other in self._pulling.values() if other == node)
        self.most["all"] = max(self.most["all"], len(self._pulling))
        self.most[node] = max(self.most[node], here)


def _pulled_everything(pod: dict[str, Any]) -> bool:
    entries = (pod.get("status") or {}).get("containerStatuses") or []
    pulled = [
        bool(entry.get("imageID")) or entry["state"].get("waiting", {}).get("reason") in AFTER_PULL for entry in entries
    ]
    return len(pulled) == len(pod["spec"]["containers"]) and all(pulled)
