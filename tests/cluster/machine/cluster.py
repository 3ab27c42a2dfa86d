"""A whole cluster: up, down, and where to reach it."""

import json
import os
import shutil
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.cluster.machine import controlplane, images, packages, registry
from tests.cluster.machine import node as nodes
from tests.cluster.machine.alone import alone
from tests.cluster.machine.build import build
from tests.cluster.machine.kubectl import KubectlFailed
from tests.cluster.machine.node import Node
from tests.cluster.machine.places import binaries
from tests.cluster.machine.plane import ControlPlane
from tests.cluster.machine.processes import end
from tests.cluster.machine.progress import CannotRun, say, timed

LOST_WITH_THE_CLUSTER = ["etcd", "certs", registry.PLAIN, registry.PRIVATE]  # certificates and logs stay


def reason_for_no_control_plane() -> str:
    """Why no control plane can run here, or an empty text. Everything else that is missing is installed or built."""
    return "" if sys.platform.startswith("linux") else f"Kubernetes needs Linux, this is {sys.platform}"


def reason_not_to_run() -> str:
    """Why real nodes cannot run here, or an empty text."""
    if reason := reason_for_no_control_plane():
        return reason
    if os.geteuid() != 0:
        return "real nodes need root"
    return ""


@dataclass(frozen=True)
class Cluster(ControlPlane):
    """The one cluster of a version on this machine."""

    def node(self, number: int) -> Node:
        return Node(self.version, self.processes, number)

    def up(self, count: int = 2) -> None:
        """Build what is missing, start everything, push the test images, and wait until the nodes are ready.

        A cluster that is up with as many nodes is left as it is; the rest of an earlier one is ended first.
        """
        if reason := reason_not_to_run():
            raise CannotRun(reason)
        packages.install(packages.FOR_RUNNING)
        build(self.version)
        with self.alone():
            if self.is_up(count):
                say(f"{self.version.name} is up already")
                return
            self._end()
            with timed(f"{self.version.name} is up, {count} nodes"):
                self._start(count)

    def down(self) -> None:
        """End everything that was started, also by an `up` that was killed, and forget the cluster's state."""
        with self.alone():
            self._end()

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else starts or ends this cluster in here: whoever stops a kubelet on purpose does not want it back."""
        return alone(f"cluster-{self.version.name}")

    def is_up(self, count: int) -> bool:
        """Whether all processes run and so many nodes are ready."""
        wanted = [*controlplane.NAMES, registry.PLAIN, registry.PRIVATE]
        for number in range(1, count + 1):
            wanted += [self.node(number).containerd, self.node(number).kubelet]
        return all(self.processes.find(name) for name in wanted) and self.ready_nodes() >= names(count)

    def ready_nodes(self) -> set[str]:
        try:
            found = self.kubectl.json("get", "nodes")["items"]
        except (KubectlFailed, json.JSONDecodeError):
            return set()
        return {
            node["metadata"]["name"]
            for node in found
            for condition in node.get("status", {}).get("conditions", [])
            if condition["type"] == "Ready" and condition["status"] == "True"
        }

    def environment(self) -> dict[str, str]:
        """What a client needs, by the names that the project's tests read."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "IPS_CONTRACT_KUBECONFIG": str(self.kubeconfig),
            "IPS_CONTRACT_REGISTRY": self.version.registry,
            "IPS_CLUSTER_REGISTRY": self.version.registry,
            "IPS_CLUSTER_PRIVATE_REGISTRY": self.version.private_registry,
            "PATH": f"{binaries(self.version)}:{os.environ['PATH']}",
        }

    def _start(self, count: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.processes.logs, ignore_errors=True)
        self.certificates.prepare()
        registry.start(self.processes, self.version)
        controlplane.start(self.processes, self.version, self.kubectl)
        images.push_all(self.version)
        for number in range(1, count + 1):
            self.node(number).start(self.certificates)
        self._wait_for_nodes(count)

    def _wait_for_nodes(self, count: int, *, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not self.ready_nodes() >= names(count):
            for name in self.processes.names():
                self.processes.must_run(name)
            if time.monotonic() > deadline:
                missing = sorted(names(count) - self.ready_nodes())
                raise CannotRun(f"not ready after {seconds:.0f} s: {', '.join(missing)}; logs: {self.processes.logs}")
            time.sleep(0.3)

    def _end(self) -> None:
        """Kubelets first, so that nothing starts again; then containers, which outlive their shims; then the rest."""
        processes = self.processes
        for name in processes.names():
            if name.startswith("kubelet-"):
                processes.stop(name)
        end(processes.inside_containers(), seconds=0)
        for name in processes.names():
            processes.stop(name)
        end(processes.marked(), seconds=5)
        end(processes.inside_containers(), seconds=0)
        for folder in self.folder.glob("node[0-9]*"):
            self.node(int(folder.name.removeprefix("node"))).remove_cgroups()
            nodes.remove(folder)
        for name in LOST_WITH_THE_CLUSTER:
            shutil.rmtree(self.folder / name, ignore_errors=True)


def names(count: int) -> set[str]:
    return {f"node{number}" for number in range(1, count + 1)}
