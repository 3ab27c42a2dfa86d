"""F12: somebody else locks the same rows in the opposite order, again and again. Nobody notices."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connections, transaction
from django.db.models import F

from prewarm.models import Limit, Node, Task
from tests.faults.stage import NODES, Stage


def test_f12_deadlocks_are_repeated_until_they_work(stage: Stage, chance: random.Random) -> None:
    repeated = stage.said("transaction repeated")
    task = stage.ask(batch_size=2, concurrency=1, parallel_batches=chance.randint(5, 10))

    with somebody_in_the_way(task):
        stage.until(repeated, "a transaction to be repeated")
        assert stage.http.post(f"tasks/{task.pk}/pause/").status_code == 202
        assert stage.http.post(f"tasks/{task.pk}/resume/").status_code == 202

    stage.end_of(task)
    assert (task.status, task.succeeded) == ("succeeded", NODES)


@contextmanager
def somebody_in_the_way(task: Task) -> Iterator[None]:
    """Takes the cluster's limit before the task, and has more to undo, so that the database lets the other one lose."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                with transaction.atomic():
                    Node.objects.update(disk_bytes=F("disk_bytes") + 1)
                    Limit.objects.filter(name="cluster").update(used=F("used"), cap=F("cap"), drained_at=None)
                    over.wait(0.05)
                    Task.objects.filter(pk=task.pk).update(retry_backoff_seconds=F("retry_backoff_seconds") + 1)
                    transaction.set_rollback(True)
            except OperationalError:
                continue
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
