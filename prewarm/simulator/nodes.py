"""The Node objects of the simulated fleet."""

from __future__ import annotations

import uuid
from typing import Any

from prewarm.references import parse
from prewarm.simulator.clock import now
from prewarm.simulator.images import Image, image_of
from prewarm.simulator.release import Release

Json = dict[str, Any]
FAULT_LABEL = "ips.sim/fault"
ZONES = ("a", "b", "c")
CORDONED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_CAPACITY = {"cpu": "8", "memory": "32885136Ki", "pods": "110", "ephemeral-storage": "209612800Ki"}
_ALLOCATABLE = {"cpu": "7910m", "memory": "30211472Ki", "pods": "110", "ephemeral-storage": "193179156480"}
_NODE_INFO: dict[str, Json] = {}

# what the condition Ready says while the kubelet is dead, and the taints that come with it
_SILENT = {"status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status."}
_UNREACHABLE = [
    {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
]
_DISK_PRESSURE = {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}
_HEALTHY = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def pause_image(release: Release) -> Image:
    """The image that every node has: that of a pod's sandbox."""
    name = "registry.k8s.io/pause:3.10.1" if release.recent else "k8s.gcr.io/pause:3.2"
    known = image_of(parse(name))
    return Image(known.repository, known.tag, known.digest, 742_092)


def new_node(number: int, of: int, release: Release, fault: str = "") -> Json:
    """The node with this number (from 1) of a fleet of so many: every fifth has a GPU, the zones take turns."""
    name = f"node-{number:0{max(3, len(str(of)))}d}"
    gpu = number % 5 == 0
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "g5.2xlarge" if gpu else "m5.2xlarge",
        "pool": "gpu" if gpu else "general",
        "topology.kubernetes.io/zone": f"zone-{ZONES[number % 3]}",
        "zone": ZONES[number % 3],
    } | ({FAULT_LABEL: fault} if fault else {})
    spec: Json = {"podCIDR": f"10.{number // 250}.{number % 250}.0/24", "providerID": f"simulated://{name}"}
    if gpu:
        spec["taints"] = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status(name, release, number)}


def status(name: str, release: Release, number: int = 0) -> Json:
    """The status of a healthy node that has just come up."""
    return {
        "capacity": _CAPACITY,
        "allocatable": _ALLOCATABLE,
        "conditions": [_condition(kind, word, reason, message) for kind, word, reason, message in _HEALTHY],
        "addresses": [
            {"type": "InternalIP", "address": address_of(number)},
            {"type": "Hostname", "address": name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": _node_info(release) | {"machineID": uuid.uuid5(uuid.NAMESPACE_DNS, name).hex},
        "images": [pause_image(release).listed()],
    }


def address_of(number: int) -> str:
    return f"192.168.{number // 250}.{number % 250 + 1}"


def _node_info(release: Release) -> Json:
    if release.version not in _NODE_INFO:
        _NODE_INFO[release.version] = {
            "systemUUID": "00000000-0000-0000-0000-000000000000",
            "bootID": "00000000-0000-0000-0000-000000000000",
            "kernelVersion": "6.1.0-simulated",
            "osImage": "Simulated Linux",
            "containerRuntimeVersion": release.runtime,
            "kubeletVersion": f"v{release.version}",
            "kubeProxyVersion": "" if release.recent else f"v{release.version}",
            "operatingSystem": "linux",
            "architecture": "amd64",
        }
    return _NODE_INFO[release.version]


def _condition(kind: str, word: str, reason: str, message: str) -> Json:
    at = now()
    times = {"lastHeartbeatTime": at, "lastTransitionTime": at}
    return {"type": kind, "status": word, **times, "reason": reason, "message": message}


def with_fault(node: Json, fault: str) -> Json:
    """The node as its conditions and taints show this fault, or its recovery from any other."""
    shown = {kind: (word, reason, message) for kind, word, reason, message in _HEALTHY}
    taints: list[Json] = []
    if fault == "diskpressure":
        shown["DiskPressure"] = ("True", "KubeletHasDiskPressure", "kubelet has disk pressure")
        taints.append(_DISK_PRESSURE)
    elif fault == "notready":
        silent = (_SILENT["status"], _SILENT["reason"], _SILENT["message"])
        shown = dict.fromkeys(shown, silent)
        taints.extend(_UNREACHABLE)
    conditions = [_changed(old, shown[old["type"]]) for old in node["status"]["conditions"] if old["type"] in shown]
    ours = {taint["key"] for taint in (*_UNREACHABLE, _DISK_PRESSURE)}
    others = [taint for taint in node["spec"].get("taints") or () if taint["key"] not in ours]
    return _with_taints(node, others + taints) | {"status": node["status"] | {"conditions": conditions}}


def with_cordon_taint(node: Json) -> Json:
    """The node lifecycle controller's taint follows spec.unschedulable."""
    others = [taint for taint in node["spec"].get("taints") or () if taint["key"] != CORDONED["key"]]
    return _with_taints(node, [*others, CORDONED] if node["spec"].get("unschedulable") else others)


def with_heartbeat(node: Json) -> Json:
    at = now()
    beating = [condition | {"lastHeartbeatTime": at} for condition in node["status"]["conditions"]]
    return node | {"status": node["status"] | {"conditions": beating}}


def _with_taints(node: Json, taints: list[Json]) -> Json:
    spec = {key: value for key, value in node["spec"].items() if key != "taints"}
    return node | {"spec": spec | ({"taints": taints} if taints else {})}


def _changed(condition: Json, shown: tuple[str, str, str]) -> Json:
    word, reason, message = shown
    if (condition["status"], condition["reason"], condition["message"]) == shown:
        return condition
    moved = {} if condition["status"] == word else {"lastTransitionTime": now()}
    return condition | {"status": word, "reason": reason, "message": message} | moved
