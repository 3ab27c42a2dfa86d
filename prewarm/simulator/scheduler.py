"""Binds pods without a node. It looks again whenever nodes or pods have changed."""

from __future__ import annotations

import asyncio
from collections import Counter

from prewarm.simulator.clock import now
from prewarm.simulator.nodefit import demand, labels_fit, named_nodes, quantity, untolerated
from prewarm.simulator.recorder import Recorder
from prewarm.simulator.release import Release
from prewarm.simulator.resources import NODES, PODS
from prewarm.simulator.store import Change, Json, Key, Store, key_of

_NO = frozenset({"NoSchedule", "NoExecute"})
PAUSE = 0.02  # seconds between a change and the next look


class Scheduler:
    """Chooses a node for each pod that has none, or says why there is none."""

    def __init__(self, store: Store, recorder: Recorder, release: Release) -> None:
        self._store = store
        self._recorder = recorder
        self._release = release
        self._pending: dict[Key, None] = {}
        self._due = asyncio.Event()
        store.follow(PODS, self._see_pod)
        store.follow(NODES, self._see_node)

    async def run(self) -> None:
        """Schedule what is pending, for ever."""
        while True:
            await self._due.wait()
            await asyncio.sleep(PAUSE)
            self._due.clear()
            for key in list(self._pending):
                pod = self._store.find(PODS, *key)
                if pod is None or pod["spec"].get("nodeName") or pod["metadata"].get("deletionTimestamp"):
                    self._pending.pop(key, None)
                else:
                    self._schedule(pod)

    def _see_pod(self, change: Change) -> None:
        if change.kind == "ADDED" and not change.object["spec"].get("nodeName"):
            self._pending[key_of(change.object)] = None
            self._due.set()
        elif change.kind == "DELETED" and self._pending:
            self._due.set()

    def _see_node(self, change: Change) -> None:
        if self._pending and (change.before is None or change.before["spec"] != change.object["spec"]):
            self._due.set()

    def _schedule(self, pod: Json) -> None:
        obstacles: Counter[str] = Counter()
        named = named_nodes(pod["spec"])
        nodes = self._store.objects(NODES)
        names = [name for _, name in nodes] if named is None else sorted(name for name in named if ("", name) in nodes)
        for name in names:
            obstacle = self._obstacle(pod["spec"], nodes["", name])
            if not obstacle:
                self._bind(pod, name)
                return
            obstacles[obstacle] += 1
        if named is not None and len(names) < len(nodes):
            obstacles[self._elsewhere()] += len(nodes) - len(names)
        self._say_why_not(pod, len(nodes), obstacles)

    def _elsewhere(self) -> str:
        recent = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
        return recent if self._release.recent else "node(s) didn't match Pod's node affinity"

    def _obstacle(self, spec: Json, node: Json) -> str:
        taints = node["spec"].get("taints") or ()
        if not labels_fit(spec, node):
            either = "/selector" if self._release.recent else ""
            return f"node(s) didn't match Pod's node affinity{either}"
        if taint := untolerated(spec, taints, _NO):
            if taint["key"] == "node.kubernetes.io/unschedulable":
                return "node(s) were unschedulable"
            if self._release.recent:
                return "node(s) had untolerated taint(s)"
            return f"node(s) had taint {{{taint['key']}: {taint.get('value', '')}}}, that the pod didn't tolerate"
        return self._missing_room(spec, node)

    def _missing_room(self, spec: Json, node: Json) -> str:
        name = node["metadata"]["name"]
        room = node["status"]["allocatable"]
        for what in ("cpu", "memory"):
            if demand(spec, what, 1000) > int(quantity(room[what]) * 1000):
                return f"Insufficient {what}"
        if node["metadata"].get("labels", {}).get("ips.sim/fault") == "noroom":
            return "Too many pods"
        pods = sum(1 for pod in self._store.objects(PODS).values() if pod["spec"].get("nodeName") == name)
        return "Too many pods" if pods >= int(room["pods"]) else ""

    def _bind(self, pod: Json, name: str) -> None:
        self._pending.pop(key_of(pod), None)
        scheduled: Json = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now()}
        bound = pod | {
            "spec": pod["spec"] | {"nodeName": name},
            "status": pod["status"] | {"conditions": [scheduled]},
        }
        metadata = pod["metadata"]
        text = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {name}"
        self._recorder.tell_scheduling(pod, "Normal", "Scheduled", text, "Binding", PODS)
        self._store.write(PODS, bound)

    def _say_why_not(self, pod: Json, nodes: int, obstacles: Counter[str]) -> None:
        reasons = ", ".join(sorted(f"{number} {why}" for why, number in obstacles.items()))
        text = f"0/{nodes} nodes are available: {reasons}." if reasons else "no nodes available to schedule pods"
        if self._release.recent and reasons:
            text += f" no new claims to deallocate, preemption: 0/{nodes} nodes are available: "
            text += f"{nodes} Preemption is not helpful for scheduling."
        known: Json = next(iter(pod["status"].get("conditions") or ()), {})
        if known.get("message") == text:
            return
        self._recorder.tell_scheduling(pod, "Warning", "FailedScheduling", text, "Scheduling", PODS)
        condition: Json = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text}
        condition |= {"lastProbeTime": None, "lastTransitionTime": now()}
        self._store.write(PODS, pod | {"status": pod["status"] | {"conditions": [condition]}})
