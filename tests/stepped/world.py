"""IPS in one thread of time: a stepped cluster, workers, ticks and the watcher, each moved by a test."""

from __future__ import annotations

import logging
import os
import random
import threading
from contextlib import ExitStack
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection

from accounts.models import AuditEntry, Tenant
from prewarm import change_settings as changing
from prewarm import live_settings, stopping, submit, ticking
from prewarm.change_settings import change_settings
from prewarm.models import Duty, Installation, Limit, Node, NodeView, Setting, Task
from prewarm.simulator.options import Options
from prewarm.watcher import Watcher
from tests.stepped.clock import Clock
from tests.stepped.cluster import Client, SteppedCluster
from tests.stepped.promises import Promises
from tests.stepped.worker import SteppedRuntime, Worker


class World:
    """A new installation with so many nodes; `close` leaves the database empty."""

    def __init__(self, nodes: int, workers: int) -> None:
        self._undo = ExitStack()
        self.workers: list[Worker] = []
        self.clock = Clock()
        self._undo.enter_context(self.clock.installed())
        self._undo.enter_context(connection.execute_wrapper(self.clock.execute))
        for module in (stopping, submit, ticking, changing):  # without the doorbell time is lost, never work
            self._undo.enter_context(mock.patch.object(module, "ring_turns"))
        # ids as random as the seed of the test, so that an example can be told again
        self._undo.enter_context(mock.patch.object(os, "urandom", random.randbytes))
        self._undo.enter_context(mock.patch.object(settings, "CLUSTER", "simulated"))
        live_settings.forget()
        self._undo.callback(live_settings.forget)
        self.cluster = SteppedCluster(self.clock, Options(nodes=nodes, speed=(0.3, 2.0)))
        self._undo.callback(self.cluster.close)
        self.promises = Promises(self.cluster)
        logging.getLogger("prewarm").addHandler(self.promises.errors)
        self._undo.callback(logging.getLogger("prewarm").removeHandler, self.promises.errors)
        self._watcher = Watcher(Client(self.cluster), threading.Event())
        self.look_at_nodes()
        self._hired = 0
        self.workers = [self._hire() for _ in range(workers)]
        self._ticker = SteppedRuntime(self.cluster, "ticker")

    def close(self) -> None:
        with self._undo:  # whatever happens, the next test has the true clock
            for worker in self.workers:
                worker.die()
            AuditEntry.objects.forget()
            for model in (Task, Tenant, Node, NodeView, Limit, Duty, Installation, Setting):
                model.objects.all().delete()

    def pass_time(self, seconds: float) -> None:
        self.cluster.pass_time(seconds)

    def look_at_nodes(self) -> None:
        """The watcher takes a whole list."""
        assert self._watcher.lead()
        self._watcher.take_list()

    def change_settings(self, wish: dict[str, Any]) -> None:
        self.promises.caps_change()
        change_settings(wish, user=None, actor="test", request_id="")

    def tick(self) -> None:
        ticking.tick(self._ticker)

    def replace(self, worker: Worker) -> None:
        """The supervisor starts another in place of a dead one."""
        self.workers[self.workers.index(worker)] = self._hire()

    def go_on(self, rounds: int, frozen: Worker | None = None) -> None:
        """Everybody else does their work, one after the other, undisturbed."""
        for _ in range(rounds):
            for worker in [worker for worker in self.workers if worker is not frozen]:
                worker.work()
                while worker.runtime.requests.waiting:
                    worker.answered(0)
                worker.runtime.stream.hear(worker.runtime.stream.untold())
            self.pass_time(0.2)

    def come_to_rest(self, rounds: int = 400) -> None:
        """Until every task is over and the cluster is empty; it must come to that when nobody disturbs it any more."""
        for _ in range(rounds):
            self.look_at_nodes()
            self.go_on(2)
            self.tick()
            if self.cluster.pods() or self.cluster.jobs() or any(not task.finished for task in Task.objects.all()):
                self.pass_time(1.0)
            else:
                return
        tasks = [f"{task.status} {task.waiting_reason} {task.in_flight}" for task in Task.objects.all()]
        raise AssertionError(f"it does not come to rest: {tasks}, pods: {len(self.cluster.pods())}")

    def _hire(self) -> Worker:
        self._hired += 1
        return Worker(self.cluster, self.clock, f"worker {self._hired}")
