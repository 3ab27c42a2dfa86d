"""All nodes: their objects, their kubelets, their heartbeats."""

from __future__ import annotations

import asyncio

from prewarm.simulator.kubelet import DEAF, Kubelet
from prewarm.simulator.nodes import (
    FAULT_LABEL,
    address_of,
    new_node,
    pause_image,
    status,
    with_cordon_taint,
    with_fault,
    with_heartbeat,
)
from prewarm.simulator.pace import Pace
from prewarm.simulator.recorder import Recorder
from prewarm.simulator.registry import Registry
from prewarm.simulator.resources import NODES, PODS
from prewarm.simulator.store import Change, Json, Store

BEATS_A_SECOND = 50  # at most, so that big fleets do not crowd the history


class Fleet:
    """Keeps a kubelet for every Node object there is."""

    def __init__(self, store: Store, registry: Registry, recorder: Recorder, pace: Pace) -> None:
        self._store = store
        self._registry = registry
        self._recorder = recorder
        self._pace = pace
        self._numbers = 0
        self.kubelets: dict[str, Kubelet] = {}
        store.follow(NODES, self._see_node)
        store.follow(PODS, self._see_pod)

    def add(self, count: int, faults: dict[str, int] | None = None) -> None:
        """Make so many nodes; of each fault so many of them, from the last one backwards."""
        ill = [fault for fault, number in (faults or {}).items() for _ in range(number)]
        for number in range(1, count + 1):
            fault = ill[count - number] if count - number < len(ill) else ""
            self._store.create(NODES, new_node(number, count, self._registry.release, fault))

    async def beat(self) -> None:
        """Report every node now and then, for ever."""
        while True:
            names = list(self.kubelets)
            pause = max(1.0 / BEATS_A_SECOND, self._pace.heartbeat / max(1, len(names)))
            for name in names:
                await asyncio.sleep(pause)
                node = self._store.find(NODES, "", name)
                if node and name in self.kubelets and self.kubelets[name].fault != "notready":
                    self._store.write(NODES, with_heartbeat(node))
            if not names:
                await asyncio.sleep(1.0)

    def _see_node(self, change: Change) -> None:
        name = change.object["metadata"]["name"]
        if change.kind == "DELETED":
            self.kubelets.pop(name).stop()
            return
        if change.before and all(
            change.before[part].get(key) == change.object[part].get(key)
            for part, key in (("metadata", "labels"), ("spec", "unschedulable"))
        ):
            return
        node = self._store.find(NODES, "", name)
        if node is None:
            return
        if not node["status"].get("conditions"):
            node = self._store.write(NODES, node | {"status": status(name, self._registry.release)})
        if name not in self.kubelets:
            self._start(name)
        self._follow_labels(node)

    def _start(self, name: str) -> None:
        self._numbers += 1
        address = address_of(self._numbers)
        self.kubelets[name] = Kubelet(name, address, self._store, self._registry, self._recorder, self._pace)
        self.kubelets[name].has_from_the_start(pause_image(self._registry.release))

    def _follow_labels(self, node: Json) -> None:
        """Let conditions, taints and kubelet follow the label of the fault and spec.unschedulable."""
        kubelet = self.kubelets[node["metadata"]["name"]]
        fault = (node["metadata"].get("labels") or {}).get(FAULT_LABEL, "")
        was_deaf = kubelet.fault in DEAF
        if kubelet.fault != fault:
            kubelet.fault = fault
            node = with_fault(node, fault)
        self._store.write(NODES, with_cordon_taint(node))
        if was_deaf and fault not in DEAF:
            self._wake(kubelet)

    def _wake(self, kubelet: Kubelet) -> None:
        """A kubelet that can hear again sees the pods that were bound meanwhile."""
        for pod in list(self._store.objects(PODS).values()):
            if pod["spec"].get("nodeName") == kubelet.name:
                kubelet.see(Change(self._store.version, "ADDED", pod, None))

    def _see_pod(self, change: Change) -> None:
        kubelet = self.kubelets.get(change.object["spec"].get("nodeName", ""))
        if kubelet:
            kubelet.see(change)
