"""The simulated cluster as a server of tests: a process of its own, without Django."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx

from tests.environment import free_port
from tests.processes import Server, wait_until

PROJECT = Path(__file__).parents[1]


class Simulated(Server):
    """The simulator with so many nodes, pulls of some hundredths of a second."""

    def __init__(self, directory: Path, nodes: int, speed: str = "0.02-0.05") -> None:
        port = free_port()
        self.kubeconfig = directory / "kubeconfig"
        python = ["env", f"PYTHONPATH={PROJECT}", sys.executable]
        command = [*python, "-m", "prewarm.simulator", "--nodes", str(nodes), "--speed", speed]
        super().__init__([*command, "--port", str(port), "--kubeconfig", str(self.kubeconfig)], port, directory)
        self.url = f"http://127.0.0.1:{port}"
        self.administrator = self.kubeconfig

    def pods(self) -> list[dict[str, Any]]:
        return self._items("/api/v1/namespaces/ips-pull/pods")

    def jobs(self) -> list[dict[str, Any]]:
        return self._items("/apis/batch/v1/namespaces/ips-pull/jobs")

    def clear(self) -> None:
        """Delete what a test left in the pull namespace: its database, and so its sweep, goes with it."""
        for path in ("/apis/batch/v1/namespaces/ips-pull/jobs", "/api/v1/namespaces/ips-pull/pods"):
            httpx.delete(self.url + path, params={"gracePeriodSeconds": 0}).raise_for_status()
        wait_until(lambda: not self.pods() and not self.jobs(), "an empty pull namespace")

    def node_names(self) -> list[str]:
        return [node["metadata"]["name"] for node in self._items("/api/v1/nodes")]

    def change_node(self, node: str, **change: Any) -> None:
        """Such as `fault="slow"`, `unschedulable=True`."""
        httpx.patch(f"{self.url}/_sim/nodes/{node}", json=change).raise_for_status()

    def _items(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = httpx.get(self.url + path).raise_for_status().json()["items"]
        return items
