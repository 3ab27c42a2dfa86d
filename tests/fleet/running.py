"""A fleet as a process of its own, and what a test can tell it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).parents[2]
READY = re.compile(r"^(?P<nodes>\d+) nodes of Kubernetes .*: (?P<port>\d+)$")


class Fleet:
    """Nodes whose names are `node-001`, `node-002`, … on one API server."""

    def __init__(self, count: int, port: int, pid: int) -> None:
        self.pid = pid
        self.nodes = [f"node-{number:0{max(3, len(str(count)))}d}" for number in range(1, count + 1)]
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def fail(self, image: str, mode: str) -> None:
        """Pulls of the images whose full name fits this pattern fail from now on: `fail("docker.io/a/*", "missing")`.

        The modes are those of the simulator's registry, which also go by the first part of a path: `missing/x:1`.
        """
        self._say("POST", "images", {"image": image, "mode": mode})

    def take(self, image: str, seconds: float) -> None:
        """Pulls of the images that fit this pattern take so long from now on."""
        self._say("POST", "images", {"image": image, "seconds": seconds})

    def registry(self, host: str, *, up: bool) -> None:
        self._say("POST", "registry", {"host": host, "up": up})

    def stop(self, node: str) -> None:
        """The node falls silent in the middle of what it does."""
        self._say("PATCH", f"nodes/{node}", {"stopped": True})

    def go(self, node: str) -> None:
        """A stopped node starts again."""
        self._say("PATCH", f"nodes/{node}", {"stopped": False})

    def fault(self, node: str, fault: str) -> None:
        """Let a node fail: evict, diskpressure, noroom, slow, silent, gone; "" for a healthy one."""
        self._say("PATCH", f"nodes/{node}", {"fault": fault})

    def reset(self) -> None:
        """Images, registries and nodes as they were at the start."""
        self._say("POST", "reset", {})

    def summary(self) -> dict[str, Any]:
        """How many nodes, pods, requests; which nodes are stopped."""
        return self._say("GET", "", None)

    def _say(self, method: str, path: str, body: Any) -> dict[str, Any]:
        answer = self._http.request(method, f"/{path}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@contextmanager
def fleet_of(kubeconfig: Path, logs: Path, *options: str) -> Iterator[Fleet]:
    """A fleet on the API server of this kubeconfig, an administrator's, until the end of the block.

    The options are those of the command line; what it complains of is in `fleet.log`.
    """
    command = [sys.executable, "-m", "tests.fleet", "--kubeconfig", str(kubeconfig), *options]
    log = logs / "fleet.log"
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, "PYTHONPATH": str(PROJECT)}
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            ready = READY.match(line)
            if ready is None:
                raise RuntimeError(f"no fleet: {line}\n{log.read_text(errors='replace')[-2000:]}")
            yield Fleet(int(ready["nodes"]), int(ready["port"]), process.pid)
        finally:
            process.terminate()
