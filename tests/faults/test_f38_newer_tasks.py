"""F38: what a newer web process asks for is left alone by today's workers, which say so, and done by newer ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from prewarm.models import SPEC_VERSION
from tests.environment import free_port
from tests.faults.release import Release
from tests.faults.stage import NODES, Stage

LINE = "SPEC_VERSION = {}\n"


def test_f38_workers_leave_newer_tasks_to_newer_workers(stage: Stage, tmp_path: Path) -> None:
    newer = Release.like_this(
        tmp_path / "newer", "prewarm/models/task.py", LINE.format(SPEC_VERSION), LINE.format(SPEC_VERSION + 1)
    )
    with web_of(newer, stage) as http:
        task = stage.ask_by(http)
    todays = stage.ask()

    def says_so() -> bool:
        told = stage.http.get(f"tasks/{task.pk}/").raise_for_status().json()
        return bool(told["waiting_reason"] == "newer_version")

    stage.until(says_so, "the newer task to say what it waits for")
    stage.end_of(todays)
    task.refresh_from_db()
    assert (task.spec_version, task.status, task.desired) == (SPEC_VERSION + 1, "pending", 0)
    assert [(batch.number, batch.token) for batch in task.batches.all()] == [(0, 0)]  # nobody has ever held it

    worker = newer.part("newer-worker", "runworker", "turns", environment=stage.environment, logs=stage.logs)
    with stage.beside(worker):
        stage.end_of(task)

    assert (task.status, task.succeeded, task.waiting_reason) == ("succeeded", NODES, "")
    assert (todays.status, todays.succeeded) == ("succeeded", NODES)
    assert task.events.filter(kind="waits_for_newer_version").count() == 1


@contextmanager
def web_of(release: Release, stage: Stage) -> Iterator[httpx.Client]:
    """The API as that version has it, for whoever is signed in on the stage."""
    port = free_port()
    environment = {**stage.environment, "IPS_WEB_ADDRESS": f"127.0.0.1:{port}"}
    web = release.part("newer-web", "web", environment=environment, logs=stage.logs)
    url = f"http://127.0.0.1:{port}/api/v1/"
    with stage.beside(web), httpx.Client(base_url=url, headers=stage.http.headers, timeout=30) as http:
        stage.until(lambda: stage.ready_at(port), "the newer version's API to be ready")
        yield http
