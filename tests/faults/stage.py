"""The stage of the fault tests: all processes of IPS, with a real database, a real Valkey and a cluster.

The test's own process reads and writes the same database through the same models, and watches the cluster by itself.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from accounts.models import Role, Session
from accounts.tokens import token_for
from prewarm.models import Batch, NodeSlot, Task
from tests.environment import free_port
from tests.faults.part import Part
from tests.faults.tally import TALLY
from tests.people import person
from tests.processes import Server, Valkey, listens

PROJECT = Path(__file__).parents[2]
MANAGE = [sys.executable, str(PROJECT / "manage.py")]
NODES = 40
PATIENCE = 60.0
# Short, so that a point takes seconds; the proportions are those of the defaults.
TIMES = {
    "IPS_LEASE_SECONDS": "3",
    "IPS_LEASE_RENEW_SECONDS": "0.6",
    "IPS_LEASE_MARGIN_SECONDS": "0.6",
    "IPS_TICK_SECONDS": "1",
    "IPS_TURN_SECONDS": "4",
    "IPS_ORPHAN_SECONDS": "3",
    "IPS_UNCLAIMED_SECONDS": "3",
    "IPS_WATCH_SECONDS": "10",
    "IPS_RETRY_BACKOFF_MAX_SECONDS": "1",
    "IPS_REQUEST_ABANDONED_SECONDS": "5",
}
AS_HERE = ("ORPHAN_SECONDS", "LEASE_SECONDS", "CLUSTER", "KUBECONFIG", "NODE_VIEW_STALE_SECONDS")


class StageCluster(Protocol):
    """`kubeconfig` is what IPS gets; `administrator` is the kubeconfig of whoever looks from outside."""

    kubeconfig: Path
    administrator: Path

    def pods(self) -> list[dict[str, Any]]: ...
    def jobs(self) -> list[dict[str, Any]]: ...


class Stage:
    """An installation whose every process can be killed. `database` is the environment that says where it is."""

    def __init__(
        self, folder: Path, cluster: StageCluster, valkey: Valkey, database: dict[str, str], **times: str
    ) -> None:
        self.folder, self.cluster, self.valkey = folder, cluster, valkey
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("IPS_", "DJANGO_"))}
        self.environment = {
            **kept,
            **{name: os.environ[name] for name in ("IPS_SECRET_KEY", "IPS_JWT_KEY", "IPS_VERSION")},
            **TIMES,
            **times,
            **database,
            "PORT": str(self.port),
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            "IPS_VAR_DIR": str(folder),
            "IPS_REDIS_URL": valkey.url,
            "IPS_CLUSTER": "kubeconfig",
            "IPS_REGISTRY_CHECK": "off",  # its images are in no registry of this world
            "IPS_KUBECONFIG": str(cluster.kubeconfig),
            "IPS_WEB_ADDRESS": f"127.0.0.1:{self.port}",
        }
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self.parts = {
            "web": self._part("web", sys.executable, "-m", "gunicorn", "--config", "python:ips.web_server", "ips.wsgi"),
            "worker-1": self._part("worker-1", *MANAGE, "runworker", "turns", says_when_up=b"a worker starts"),
            "worker-2": self._part("worker-2", *MANAGE, "runworker", "turns", says_when_up=b"a worker starts"),
            "ticker": self._part("ticker", *MANAGE, "runworker", "ticks", says_when_up=b"a worker starts"),
            "scheduler": self._part("scheduler", *MANAGE, "runscheduler"),
            "watcher": self._part("watcher", *MANAGE, "runwatcher"),
        }
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1/", timeout=30)
        self._read: dict[Path, int] = {}

    def _part(self, name: str, *command: str, says_when_up: bytes = b"") -> Part:
        return Part(name, list(command), dict(self.environment), self.logs, says_when_up=says_when_up)

    @property
    def workers(self) -> list[Part]:
        return [self.parts["worker-1"], self.parts["worker-2"]]

    @contextmanager
    def as_own_database(self) -> Iterator[None]:
        """Let the models of this process read and write the stage's database, under the stage's settings."""
        theirs = self.settings()
        before = connections.settings["default"]
        _connect_to(connections.configure_settings(theirs["DATABASES"])["default"])
        try:
            with override_settings(**{name: theirs[name] for name in AS_HERE}):
                yield
        finally:
            _connect_to(before)

    def settings(self) -> dict[str, Any]:
        """ips.settings as the stage's processes read them."""
        ours = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(self.environment)
            return runpy.run_path(str(PROJECT / "ips" / "settings.py"))
        finally:
            os.environ.clear()
            os.environ.update(ours)

    def start(self) -> None:
        """Make the tables, start everything, sign in; ready when IPS has seen the cluster's nodes."""
        call_command("migrate", verbosity=0)
        self.http.headers["Authorization"] = f"Bearer {token_of('ada')}"
        self.make_whole()

    def signed_in(self, name: str, tenant: str) -> httpx.Client:
        """The API for this administrator of another tenant."""
        headers = {"Authorization": f"Bearer {token_of(name, tenant)}"}
        return httpx.Client(base_url=self.http.base_url, headers=headers, timeout=30)

    def stop(self) -> None:
        self.http.close()
        for part in self.parts.values():
            part.ask_to_end()
        for part in self.parts.values():
            part.end()
        self.read_logs()

    def make_whole(self) -> None:
        """Everything runs, and answers, with nothing special about it."""
        if not listens(self.valkey.port):
            self.valkey.start()
        for part in self.parts.values():
            part.thaw()
            if not part.alive():
                part.start()
        self.until(lambda: all(part.up() for part in self.parts.values()) and self.ready(), "IPS to be ready")

    def ready(self) -> bool:
        return self.ready_at(self.port)

    def ready_at(self, port: int) -> bool:
        """What a probe hears of the web process on this port."""
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def web(self, path: str) -> httpx.Response:
        """What a probe hears."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def not_ready(self) -> set[str]:
        """The parts that /readyz says are not ready."""
        told = self.web("/readyz").json()["parts"]
        return {name for name, state in told.items() if state != "ok"}

    def until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Wait for it, and meanwhile start again what died and should be there."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds:g} s for {what}; see {self.logs}")
            for part in self.parts.values():
                part.revive()
            time.sleep(0.02)

    def ask(self, **wishes: Any) -> Task:
        """Make a task by the API, of an image that no node has; the row as it is then."""
        return self.ask_by(self.http, **wishes)

    def ask_by(self, http: httpx.Client, **wishes: Any) -> Task:
        """The same, by this client."""
        answer = self.post_task(http, **wishes)
        assert answer.status_code == 202, answer.text
        return Task.objects.get(pk=answer.json()["id"])

    def post_task(self, http: httpx.Client | None = None, **wishes: Any) -> httpx.Response:
        request = {"images": [f"faults/{uuid.uuid4().hex}:1"], "retry_backoff_seconds": 1, **wishes}
        if not {"node_names", "node_selector", "all_nodes"} & set(wishes):
            request["all_nodes"] = True
        return (http or self.http).post("tasks/", json=request)

    def finished(self, *tasks: Task) -> bool:
        for task in tasks:
            task.refresh_from_db()
        return all(task.finished for task in tasks)

    def end_of(self, *tasks: Task, seconds: float = PATIENCE) -> None:
        self.until(lambda: self.finished(*tasks), "the tasks to end", seconds)

    def done(self, task: Task) -> int:
        """On how many nodes it is over."""
        task.refresh_from_db()
        return task.desired - task.pending - task.active

    def holder_of(self, task: Task) -> Part:
        """The worker that holds a batch of this task and has pull jobs in flight."""
        found: list[Part] = []

        def held() -> bool:
            slots = NodeSlot.objects.filter(node_result__task=task)
            holders = Batch.objects.filter(pk__in=slots.values("batch")).exclude(holder="").values_list("holder")
            pids = {int(holder.split(":")[1]) for (holder,) in holders}
            found.extend(part for part in self.workers if part.pid in pids)
            return bool(found)

        self.until(held, "a worker to hold a batch")
        return found[0]

    def cordon(self, node: str, *, on: bool = True) -> None:
        self.cluster.change_node(node, unschedulable=on)

    def pull_jobs(self) -> list[dict[str, Any]]:
        return self.cluster.pods() + self.cluster.jobs()

    def alone(self, worker: Part, output: Path | None = None, **environment: str) -> None:
        """Start this worker anew, with an environment of its own; the other sleeps until it is woken."""
        for other in self.workers:
            if other is not worker:
                other.send(signal.SIGSTOP)
        worker.end()
        worker.start(output=output, **environment)

    @contextmanager
    def every_worker(self, **environment: str) -> Iterator[None]:
        """Both workers anew, with this environment at each start of theirs; as they were afterwards."""
        self._workers_anew(environment)
        try:
            yield
        finally:
            self._workers_anew({})

    def _workers_anew(self, environment: dict[str, str]) -> None:
        """Side by side: each takes seconds to start."""
        for worker in self.workers:
            worker.ask_to_end()
        for worker in self.workers:
            worker.end()
            worker.environment = {**self.environment, **environment}
            worker.start()

    @contextmanager
    def also(self, name: str, *command: str) -> Iterator[Part]:
        """One more part for the length of a test."""
        with self.beside(self._part(name, *MANAGE, *command)) as part:
            yield part

    @contextmanager
    def beside(self, part: Part) -> Iterator[Part]:
        """The same with a part that was made elsewhere."""
        self.parts[part.name] = part
        part.start()
        try:
            yield part
        finally:
            del self.parts[part.name]
            part.end()

    def kill_server(self, name: str, server: Server) -> None:
        """kill -9 of something that IPS leans on."""
        TALLY.kill(name)
        server.kill()

    def for_a_while(self, seconds: float) -> None:
        """A fault lasts so long: how long is part of the fault. What dies of it meanwhile is started again."""
        over = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= over, "the fault to be over", seconds + 1)

    def said(self, words: str) -> Callable[[], bool]:
        """Whether any part has logged this since the condition was made."""
        self.read_logs()
        return lambda: any(words in str(line.get("msg")) for line in self.read_logs())

    def read_logs(self) -> list[dict[str, Any]]:
        """What the parts have logged since the last call; lines of takeovers and the like are tallied."""
        lines = []
        for part in self.parts.values():
            if part.log.exists():
                with part.log.open("rb") as file:
                    file.seek(self._read.get(part.log, 0))
                    text = file.read()
                whole, newline, _ = text.rpartition(b"\n")
                self._read[part.log] = self._read.get(part.log, 0) + len(whole) + len(newline)
                for raw in whole.splitlines():
                    if raw.startswith(b"{"):
                        lines.append({"part": part.name, **orjson.loads(raw)})
        lines.sort(key=lambda line: str(line["ts"]))
        for line in lines:
            TALLY.read(line)
        return lines


def token_of(name: str, tenant: str = "default") -> str:
    """Sign in an administrator of this tenant."""
    user = person(name, Role.ADMIN, tenant)
    return token_for(Session.objects.create(user=user, expires_at=timezone.now() + timedelta(hours=9)))


def _connect_to(database: dict[str, Any]) -> None:
    """Make this the default database of this process."""
    connections.close_all()
    connections.settings["default"] = database
    _ = connections["default"]  # one that was never asked for cannot be deleted
    del connections["default"]
