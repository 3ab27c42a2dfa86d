"""A real control plane with a fleet of simulated kubelets, which IPS reaches only through the fault proxy."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.machine.plane import ControlPlane
from tests.cluster.rights import NAMESPACE, SERVICE_ACCOUNT
from tests.contract.server import connect
from tests.faults.api_proxy import ApiProxy
from tests.fleet.running import Fleet

PULL_NAMESPACE = "/api/v1/namespaces/ips-pull"
PODS, JOBS = f"{PULL_NAMESPACE}/pods", "/apis/batch/v1/namespaces/ips-pull/jobs"
NODES = "/api/v1/nodes"
PULL_ROLE = "/apis/rbac.authorization.k8s.io/v1/namespaces/ips-pull/roles/ips-pull"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"


class ProxiedCluster:
    """IPS has `kubeconfig`, with the rights of `cluster-setup` and a token in a file; tests ask as `administrator`."""

    def __init__(self, folder: Path, plane: ControlPlane, fleet: Fleet) -> None:
        tls = ssl.create_default_context(cafile=str(plane.certificates.file("ca.crt")))
        self.proxy = ApiProxy(plane.version.api, tls)
        self.plane, self.fleet = plane, fleet
        self.administrator = plane.kubeconfig
        self.server = connect("administrator", plane.kubeconfig, "")
        self.kubeconfig, self._token = folder / "kubeconfig", folder / "token"
        self._bound_to = ""
        self.new_token()
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "proxy", "cluster": {"server": self.proxy.url}}],
            "users": [{"name": "ips", "user": {"tokenFile": str(self._token)}}],
            "contexts": [{"name": "ips", "context": {"cluster": "proxy", "user": "ips"}}],
            "current-context": "ips",
        }
        self.kubeconfig.write_text(json.dumps(document))

    def pods(self) -> list[dict[str, Any]]:
        return self._items(PODS)

    def jobs(self) -> list[dict[str, Any]]:
        return self._items(JOBS)

    def node_names(self) -> list[str]:
        return self.fleet.nodes

    def pods_on(self, *nodes: str) -> list[dict[str, Any]]:
        return [pod for pod in self.pods() if pod["spec"].get("nodeName") in nodes]

    def delete_pod(self, pod: dict[str, Any]) -> None:
        """As `kubectl delete pod --force` does."""
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        self.server.delete(f"{PODS}/{name}", gracePeriodSeconds=0, preconditions={"uid": uid})

    @contextmanager
    def rights_without(self, verb: str) -> Iterator[None]:
        """Inside this block IPS lacks this right in the pull namespace; "*" for all of them."""
        rules = self.server.get(PULL_ROLE)["rules"]
        less = [rule | {"verbs": [known for known in rule["verbs"] if known != verb]} for rule in rules]
        self.server.patch(PULL_ROLE, {"rules": [] if verb == "*" else less})
        try:
            yield
        finally:
            self.server.patch(PULL_ROLE, {"rules": rules})

    @contextmanager
    def without_node(self, name: str) -> Iterator[None]:
        """The node is gone inside this block: its object, and whoever spoke for it."""
        there = self.server.get(f"{NODES}/{name}")
        self.fleet.stop(name)
        self.server.delete(f"{NODES}/{name}")
        try:
            yield
        finally:
            metadata = {key: there["metadata"][key] for key in ("name", "labels", "annotations")}
            self.server.post(NODES, {"metadata": metadata, "spec": there["spec"], "status": there["status"]})
            self.fleet.go(name)

    @contextmanager
    def node_with(self, name: str, spec: dict[str, Any], undo: dict[str, Any]) -> Iterator[None]:
        """The node's spec is changed inside this block."""
        self.server.patch(f"{NODES}/{name}", {"spec": spec})
        try:
            yield
        finally:
            self.server.patch(f"{NODES}/{name}", {"spec": undo})

    @contextmanager
    def node_of_another_system(self, name: str) -> Iterator[None]:
        """The node says that it runs Windows inside this block."""
        path = f"{NODES}/{name}/status"
        self.server.patch(path, {"status": {"nodeInfo": {"operatingSystem": "windows"}}})
        try:
            yield
        finally:
            self.server.patch(path, {"status": {"nodeInfo": {"operatingSystem": "linux"}}})

    def taints(self, node: str) -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] | None = self.server.get(f"{NODES}/{node}")["spec"].get("taints")
        return found

    def new_token(self) -> None:
        """Put another token into the file; the one before is worth nothing any more, some seconds later."""
        old, self._bound_to = self._bound_to, f"ips-token-{uuid.uuid4().hex[:8]}"
        self.server.post(SECRETS, {"metadata": {"name": self._bound_to}})
        bound_to = {"kind": "Secret", "apiVersion": "v1", "name": self._bound_to}
        asked = {"expirationSeconds": 24 * 3600, "boundObjectRef": bound_to}
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{SERVICE_ACCOUNT}/token"
        given = self.server.post(
            path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": asked}
        )
        self._token.touch(mode=0o600)
        self._token.write_text(given["status"]["token"])
        if old:
            self.server.delete(f"{SECRETS}/{old}")

    def _items(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.server.get(path)["items"]
        return items
