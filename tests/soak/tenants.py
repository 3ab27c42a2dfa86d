"""Two teams that use IPS all the time: they ask, cancel, pause, go on and retry."""

from __future__ import annotations

import logging
import random
import threading
import uuid
from datetime import timedelta
from typing import Any

import httpx
from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

from accounts.models import Role, Session
from accounts.tokens import token_for
from prewarm.models import FINISHED, Task, TaskStatus
from tests.people import person

log = logging.getLogger(__name__)

OPEN_TASKS = 3  # at once, of each team
# What an image's path makes of its pull in the simulated registry; most are simply pulled.
KINDS = ["app", "app", "app", "app", "app", "flaky", "missing", "unavailable", "slow"]


class Team(threading.Thread):
    """One tenant's people, until told to stop. What they do follows from the seed."""

    def __init__(self, tenant: str, web: list[str], nodes: list[str], seed: int) -> None:
        super().__init__(name=tenant, daemon=True)
        self.tenant = tenant
        self.asked = 0
        self.unanswered = 0
        self.stopping = threading.Event()
        self._chance = random.Random(f"{seed} {tenant}")
        self._nodes = nodes
        user = person(f"{tenant}-team", Role.OPERATOR, tenant=tenant)
        session = Session.objects.create(user=user, expires_at=timezone.now() + timedelta(hours=9))
        headers = {"Authorization": f"Bearer {token_for(session)}"}
        self._web = [httpx.Client(base_url=f"{address}/api/v1/", headers=headers, timeout=10) for address in web]

    def run(self) -> None:
        while not self.stopping.wait(self._chance.uniform(0.3, 1.5)):
            try:
                close_old_connections()
                self._do_something()
            except DatabaseError as error:  # it was killed a moment ago
                log.info("%s waits for the database: %s", self.tenant, error)
        connections.close_all()

    def _do_something(self) -> None:
        tasks = list(Task.objects.filter(tenant__slug=self.tenant).order_by("-created_at")[:12])
        running = [task for task in tasks if not task.finished]
        for task in running:
            if task.paused_at and self._chance.random() < 0.3:
                self._post(f"tasks/{task.pk}/resume/")
        if len(running) < OPEN_TASKS:
            self._ask()
            return
        wish = self._chance.choices(["nothing", "cancel", "pause", "retry"], [60, 1, 2, 2])[0]
        if wish == "retry":
            tasks = [task for task in tasks if task.status in (TaskStatus.FAILED, TaskStatus.PARTIAL)]
        else:
            tasks = running
        if wish != "nothing" and tasks:
            self._post(f"tasks/{self._chance.choice(tasks).pk}/{wish}/")

    def _ask(self) -> None:
        chance = self._chance
        images = [
            f"{chance.choice(KINDS)}/{uuid.UUID(int=chance.getrandbits(128)).hex}:1"
            for _ in range(chance.choice([1, 1, 2, 4]))
        ]
        patient = any(image.startswith("slow/") for image in images)  # twenty times as long a pull
        nodes = chance.sample(self._nodes, chance.randint(6, 8 if patient else 30))
        wish = {
            "tenant": self.tenant,
            "images": images,
            "node_names": nodes,
            "batch_size": chance.choice([3, 10]),
            "concurrency": chance.choice([2, 5, 8]),
            "parallel_batches": chance.choice([1, 1, 2]),
            "first_wave": chance.choice([0, 0, 1]),
            "priority": chance.randint(1, 10),
            "puller": chance.choice(["pod", "pod", "job"]),
            "retry_backoff_seconds": 2,
        }
        self.asked += 1
        self._post("tasks/", wish)

    def _post(self, path: str, body: Any = None) -> None:
        """Once: an answer that is lost leaves it open whether the task was made, and it is found in the database."""
        try:
            answer = self._chance.choice(self._web).post(path, json=body)
        except httpx.TransportError:
            self.unanswered += 1
            return
        if answer.status_code in (500, 502, 503, 504):
            self.unanswered += 1
        elif answer.status_code not in (200, 202, 409):
            raise AssertionError(f"{path}: {answer.status_code} {answer.text}")


def rest(tenants: list[str]) -> list[Task]:
    """Let everything paused go on; the tasks that are not over."""
    from prewarm import stopping

    unfinished = list(Task.objects.filter(tenant__slug__in=tenants).exclude(status__in=FINISHED))
    for task in unfinished:
        if task.paused_at:
            stopping.resume(task, "the soak")
    return unfinished
