"""IPS as its users run it: `manage.py up KUBECONFIG` in a folder of its own, spoken to over HTTP and by commands."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.cluster.machine.processes import Processes, end
from tests.cluster.stage import NODES
from tests.cluster.waiting import wait_until
from tests.environment import free_port

PROJECT = Path(__file__).parents[2]
WARM = {"pulled", "already_present"}
FINISHED = {"succeeded", "partial", "failed", "cancelled"}
ADMINISTRATOR = re.compile(r"Username +(\S+)\s+Password +(\S+)")  # what the first start shows once


@dataclass(frozen=True)
class Outcome:
    """What IPS says about a task and about every node of it."""

    task: dict[str, Any]
    nodes: list[dict[str, Any]]

    @property
    def status(self) -> str:
        return str(self.task["status"])

    def node(self, name: str) -> dict[str, Any]:
        return next(node for node in self.nodes if node["node"] == name)

    def image(self, node: str, image: str) -> dict[str, Any]:
        found: dict[str, Any] = next(entry for entry in self.node(node)["images"] if entry["image"] == image)
        return found

    def of(self, image: str) -> set[str]:
        """What happened to an image, on all nodes together."""
        return {entry["outcome"] for node in self.nodes for entry in node["images"] if entry["image"] == image}

    def reasons(self, image: str) -> set[str]:
        return {entry["reason"] for node in self.nodes for entry in node["images"] if entry["image"] == image}


class Installation:
    """One installation of IPS on one cluster; `settings` are environment variables."""

    def __init__(self, folder: Path, kubeconfig: Path, **settings: str) -> None:
        self.folder, self.kubeconfig = folder, kubeconfig
        self.port = free_port()
        self.processes = Processes(folder)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("IPS_", "DJANGO_"))}
        self.environment = {
            **kept,
            "PORT": str(self.port),
            "IPS_VAR_DIR": str(folder / "var"),
            "IPS_REGISTRY_CHECK": "off",  # the nodes' own words are what is looked at
            "IPS_RETRY_BACKOFF_MAX_SECONDS": "5",
            "IPS_PULL_TIMEOUT_GRACE_SECONDS": "2",
            **settings,
        }
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1/", timeout=30)

    def __enter__(self) -> "Installation":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and sign in; IPS is ready when it has seen the cluster's nodes."""
        self.run()
        shown = ADMINISTRATOR.search((self.processes.logs / "ips.log").read_text())
        assert shown, "the first start shows the administrator's name and password"
        answer = self.http.post("auth/login/", json={"username": shown[1], "password": shown[2]})
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def run(self) -> None:
        """Start everything, for the first time or again."""
        (self.folder / "var").mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(PROJECT / "manage.py"), "up", "--port", str(self.port)]
        self.processes.start("ips", [*command, "--kubeconfig", str(self.kubeconfig)], env=self.environment)
        wait_until(self._is_ready, f"IPS to be ready, see {self.processes.logs}", 240)

    def kill(self) -> int:
        """`kill -9` of every process of it, the queue's too. Returns how many there were."""
        killed = self.processes.marked()
        for process in killed:
            process.send(signal.SIGKILL)
        wait_until(lambda: not self.processes.marked(), "all of IPS to be dead", 10)
        return len(killed)

    def stop(self) -> None:
        self.http.close()
        self.processes.stop("ips", seconds=20)
        end(self.processes.marked(), seconds=5)

    def manage(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command of `manage.py` beside the running processes."""
        instance = (self.folder / "var" / "instance.env").read_text().splitlines()
        running = dict(line.split("=", 1) for line in instance if "=" in line and not line.startswith("#"))
        return subprocess.run(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            env={**self.environment, **running},
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def warm(self, images: Sequence[str], **wishes: Any) -> Outcome:
        """Ask for images on all nodes (or as `wishes` say) and wait for the end."""
        return self.end_of(self.ask(images, **wishes))

    def ask(self, images: Sequence[str], **wishes: Any) -> str:
        """Make a task and return its id."""
        answer = self.post_task(images, **wishes)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def post_task(self, images: Sequence[str], **wishes: Any) -> httpx.Response:
        request = {"images": list(images), "retry_backoff_seconds": 1, **wishes}
        if not {"node_names", "node_selector", "all_nodes"} & set(wishes):
            request["node_names"] = list(NODES)
        return self.http.post("tasks/", json=request)

    def cancel(self, task: str) -> None:
        self.http.post(f"tasks/{task}/cancel/").raise_for_status()

    def outcome(self, task: str) -> Outcome:
        """What IPS says right now."""
        told = self.http.get(f"tasks/{task}/").raise_for_status().json()  # first: its nodes only get further
        return Outcome(told, self.http.get(f"tasks/{task}/nodes/").raise_for_status().json()["results"])

    def end_of(self, task: str, *, seconds: float = 90) -> Outcome:
        return self.until(task, lambda outcome: outcome.status in FINISHED, "the task to end", seconds=seconds)

    def until(self, task: str, condition: Callable[[Outcome], bool], what: str, *, seconds: float = 60) -> Outcome:
        """Wait until the task looks like that; when it never does, fail with what it looks like."""
        last: list[Outcome] = []

        def looked() -> bool:
            last.append(self.outcome(task))
            return condition(last[-1])

        try:
            wait_until(looked, what, seconds)
        except TimeoutError as timeout:
            raise AssertionError(f"{timeout}; the task: {last[-1]}") from timeout
        return last[-1]

    def sees(self, node: str, **wanted: Any) -> None:
        """Wait until IPS's own view of a node is this."""

        def it_does() -> bool:
            found = self.http.get("nodes/", params={"search": node}).raise_for_status().json()["results"]
            return any(entry["name"] == node and wanted.items() <= entry.items() for entry in found)

        wait_until(it_does, f"IPS to see {node} as {wanted}", 30)

    def _is_ready(self) -> bool:
        self.processes.must_run("ips")
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False
