"""An installation in the middle of an update: every kind of process runs in two versions, on one database."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ips.migrating import migrate
from prewarm.models import Task
from tests.environment import free_port
from tests.faults.closing import assert_all_is_well
from tests.faults.part import Part
from tests.faults.release import Release
from tests.faults.stage import NODES, Stage, StageCluster
from tests.processes import Valkey
from tests.sampler import Sampler

SIGN_IN = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import Membership, Role, Session, Tenant, User
from accounts.tokens import token_for
user = User.objects.create(username="ada")
Membership.objects.create(user=user, tenant=Tenant.objects.get(slug="default"), role=Role.ADMIN)
print(token_for(Session.objects.create(user=user, expires_at=timezone.now() + timedelta(hours=9))))
"""


class UpdatingStage(Stage):
    """`worker-1` and `old-…` are of the old version, `worker-2` and the others of the one under test.

    `asked_before` was asked for when all was old, and ran while the tables were changed under it.
    """

    asked_before: Task

    def __init__(
        self, folder: Path, cluster: StageCluster, valkey: Valkey, database: dict[str, str], old: Release
    ) -> None:
        super().__init__(folder, cluster, valkey, database)
        self.old = old
        self.old_port = free_port()
        self.old_http = httpx.Client(base_url=f"http://127.0.0.1:{self.old_port}/api/v1/", timeout=30)
        self.new_parts = self.parts
        self.parts = {
            "old-web": self._old("old-web", "web", IPS_WEB_ADDRESS=f"127.0.0.1:{self.old_port}"),
            "worker-1": self._old("worker-1", "runworker", "turns", says_when_up=b"a worker starts"),
            "old-ticker": self._old("old-ticker", "runworker", "ticks", says_when_up=b"a worker starts"),
            "old-scheduler": self._old("old-scheduler", "runscheduler"),
            "old-watcher": self._old("old-watcher", "runwatcher"),
        }

    def _old(self, name: str, *command: str, says_when_up: bytes = b"", **environment: str) -> Part:
        settings = {**self.environment, **environment}
        return self.old.part(name, *command, environment=settings, logs=self.logs, says_when_up=says_when_up)

    def start(self) -> None:
        """The old version, with a task; then, while that runs, the new tables and the new version beside the old."""
        self.old.assert_runs_its_own_code(self.environment)
        self.old.manage("migrate", "--verbosity=0", environment=self.environment)
        token = self.old.manage("shell", "-c", SIGN_IN, environment=self.environment).splitlines()[-1]
        for http in (self.http, self.old_http):
            http.headers["Authorization"] = f"Bearer {token}"
        for part in self.parts.values():
            part.start()
        self.until(lambda: self.ready_at(self.old_port), "the old version to be ready")
        with Sampler(self.cluster.administrator) as seen:
            begun = self._begin()
            migrate()
            self.asked_before = Task.objects.get(pk=begun)
            assert not self.asked_before.finished
            self.parts |= {name: part for name, part in self.new_parts.items() if name != "worker-1"}
            self.make_whole()
            self.end_of(self.asked_before)
            assert_all_is_well(self, [self.asked_before], seen)

    def ready(self) -> bool:
        return super().ready() and self.ready_at(self.old_port)

    def _begin(self) -> str:
        """A task of slow pulls by the old version; its id when it is done on some nodes and others pull."""
        wish = {"images": ["slow/before-the-update:1"], "all_nodes": True, "batch_size": NODES, "concurrency": 8}
        answer = self.old_http.post("tasks/", json=wish).raise_for_status()
        task: str = answer.json()["id"]

        def begun() -> bool:
            counts = self.old_http.get(f"tasks/{task}/").raise_for_status().json()["counts"]
            return bool(counts["succeeded"] >= 3 and counts["active"])

        self.until(begun, "the old version to pull")
        return task

    def stop(self) -> None:
        self.old_http.close()
        super().stop()

    @contextmanager
    def only(self, worker: Part) -> Iterator[None]:
        """Meanwhile the other worker sleeps."""
        others = [other for other in self.workers if other is not worker]
        for other in others:
            other.send(signal.SIGSTOP)
        yield
        for other in others:
            other.thaw()
