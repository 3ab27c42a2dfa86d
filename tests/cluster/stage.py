"""What the tests see of a real cluster: its nodes down to containerd, its pull namespace, its registries."""

import json
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.machine import images, registry
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.push import Push
from tests.cluster.machine.versions import Version
from tests.cluster.slow_proxy import SlowProxy
from tests.cluster.waiting import wait_until

PULL_NAMESPACE = "ips-pull"
NODES = ("node1", "node2")


@dataclass(frozen=True)
class Stage:
    """A running cluster of two real nodes."""

    cluster: Cluster

    @property
    def version(self) -> Version:
        return self.cluster.version

    def kubectl(self, *arguments: str) -> str:
        """Ask as the cluster's administrator."""
        return self.cluster.kubectl(*arguments)

    def images_on(self, node: str) -> set[str]:
        """The references that are whole on this node, asked from its containerd."""
        return self.cluster.node(NODES.index(node) + 1).images()

    def nodes_with(self, image: str) -> set[str]:
        return {node for node in NODES if image in self.images_on(node)}

    def remove_images(self) -> None:
        """Make room on the nodes. Layers go some time later: what must be pulled for real is a `new_image`."""
        for number in range(1, len(NODES) + 1):
            self.cluster.node(number).remove_images()

    def fresh(self, reference: str) -> str:
        """The full name of a test image under a tag of this test's own.

        Nodes tell the API server only now and then which images they have: a name that was never used before is
        certainly not in what they told.
        """
        repository, _, tag = reference.partition(":")
        own = f"{tag}-{uuid.uuid4().hex[:8]}"
        if reference == images.PRIVATE:
            credentials = (registry.NAME, registry.PASSWORD)
            Push(self.version.private_registry, repository, credentials=credentials).tag(tag, own)
            return f"{self.version.private_registry}/{repository}:{own}"
        Push(self.version.registry, repository).tag(tag, own)
        return f"{self.version.registry}/{repository}:{own}"

    def new_image(self, megabytes: int = 8, *, tags: int = 1) -> str:
        """An image of random data that no node has seen before, with the tags 1, 2, …; its name without the tag."""
        repository = f"a/new-{megabytes}-{uuid.uuid4().hex[:8]}"
        references = [f"{repository}:{tag}" for tag in range(1, tags + 1)]
        with tempfile.TemporaryDirectory() as folder:
            images.write(Path(folder), references, images.RandomData(megabytes, repository), "/data")
            Push(self.version.registry, repository).layout(Path(folder) / repository.replace("/", "+"))
        return f"{self.version.registry}/{repository}"

    def slow_image(self, megabytes: int = 8) -> str:
        """A new image by its name at the proxy of `slowly`."""
        return self.new_image(megabytes).replace(self.version.registry, self.version.slow_registry) + ":1"

    def slowly(self, bytes_per_second: int = 200_000) -> SlowProxy:
        """The plain registry behind a proxy that lets so little through that a slow image of 8 MB takes 40 s."""
        return SlowProxy(self.version.slow_registry, self.version.registry, bytes_per_second=bytes_per_second)

    @contextmanager
    def without_registry(self) -> Iterator[None]:
        """The plain registry is down inside this block."""
        self.cluster.processes.stop(registry.PLAIN)
        try:
            yield
        finally:
            registry.start(self.cluster.processes, self.version, registry.PLAIN)

    @contextmanager
    def telling(self, url: str, authorization: str) -> Iterator[None]:
        """The plain registry tells this address of everything inside this block."""
        told = registry.Told(url, authorization)
        self.cluster.processes.stop(registry.PLAIN)
        registry.start(self.cluster.processes, self.version, registry.PLAIN, told=told)
        try:
            yield
        finally:
            self.cluster.processes.stop(registry.PLAIN)
            registry.start(self.cluster.processes, self.version, registry.PLAIN)

    @contextmanager
    def cordoned(self, node: str) -> Iterator[None]:
        self.kubectl("cordon", node)
        try:
            yield
        finally:
            self.kubectl("uncordon", node)

    @contextmanager
    def kubelet_stopped(self, node: str) -> Iterator[None]:
        """The node is NotReady inside this block, and Ready again after it."""
        own = self.cluster.node(NODES.index(node) + 1)
        self.cluster.processes.stop(own.kubelet)
        try:
            wait_until(lambda: node not in self.cluster.ready_nodes(), f"{node} to be NotReady", 60)
            yield
        finally:
            own.start_kubelet(self.cluster.certificates)
            wait_until(lambda: node in self.cluster.ready_nodes(), f"{node} to be Ready", 60)

    def pull_secret(self, name: str, password: str) -> str:
        """A secret with a name and a password for the private registry, made by the administrator; returns its name."""
        account = {"username": registry.NAME, "password": password}
        configuration = json.dumps({"auths": {self.version.private_registry: account}})
        self.cluster.kubectl.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": PULL_NAMESPACE},
                "type": "kubernetes.io/dockerconfigjson",
                "stringData": {".dockerconfigjson": configuration},
            }
        )
        return name

    def pull_jobs(self) -> list[dict[str, Any]]:
        """The pods and jobs in the pull namespace."""
        found: list[dict[str, Any]] = self.cluster.kubectl.json("get", "pods,jobs", "--namespace", PULL_NAMESPACE)[
            "items"
        ]
        return found

    def left_in_namespace(self) -> list[str]:
        """Everything in the pull namespace that IPS could have made: kind, name, and how it is doing."""
        return [
            f"{left['kind']} {left['metadata']['name']}, deleted {left['metadata'].get('deletionTimestamp', 'never')}, "
            f"finalizers {left['metadata'].get('finalizers', [])}, {json.dumps(left['status'])[:500]}"
            for left in self.pull_jobs()
        ]
