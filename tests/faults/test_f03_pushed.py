"""F3, hooks in: whoever dies between what a registry tells and the task that comes of it. One task, never two."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from accounts.audit import By
from accounts.models import Tenant
from prewarm.models import Task
from tests.faults.stage import NODES, Stage
from tests.webhooks.inbound.pushes import event
from webhooks.inbound.keeping import make_hook
from webhooks.models import Arrival, Gathering, RegistryHook

PLACES = ("gathering_claimed", "gathering_fired", "gathering_committed")


@contextmanager
def hook(debounce_seconds: int = 1) -> Iterator[tuple[RegistryHook, str, dict[str, str]]]:
    """A hook for everything; its path and what its registry sends along."""
    rule = {"repositories": "**", "task": {"all_nodes": True}, "debounce_seconds": debounce_seconds}
    wish = {"name": uuid.uuid4().hex, "kind": "distribution", "rules": [rule]}
    made, shown = make_hook(Tenant.objects.get(slug="default"), By(None, "cli:test"), wish)
    try:
        yield made, f"hooks/{shown.token}/", {"Authorization": f"Bearer {shown.secret}"}
    finally:
        made.delete()


def tasks_of(image: str) -> list[Task]:
    return [task for task in Task.objects.filter(trigger="hook") if image in task.images[0]]


def pushed() -> tuple[str, dict[str, Any]]:
    image = f"faults/{uuid.uuid4().hex}:1"
    return image, {"events": [event(image)]}


@pytest.mark.each_place
@pytest.mark.parametrize("place", PLACES)
def test_f03_whoever_makes_the_task_dies_and_one_task_is_made(stage: Stage, place: str, chance: random.Random) -> None:
    ticker = stage.parts["ticker"]
    with hook() as (made, path, headers):
        ticker.end()
        ticker.start(IPS_CRASH_POINT=f"{place}:1")
        image, body = pushed()
        stage.until(ticker.up, "the ticker to be up")
        assert stage.http.post(path, json=body, headers=headers).status_code == 202
        stage.until(ticker.dies, f"the ticker to die at {place}")
        stage.until(lambda: bool(tasks_of(image)), "the task of the push")

        (task,) = tasks_of(image)
        stage.end_of(task)
        stage.for_a_while(chance.uniform(2, 4))
        assert len(tasks_of(image)) == 1
        assert (task.status, task.succeeded) == ("succeeded", NODES)
        assert [one.task for one in Gathering.objects.filter(hook=made)] == [task.pk]


def test_f03_the_web_process_dies_while_it_is_told_and_is_told_again(stage: Stage, chance: random.Random) -> None:
    with hook() as (made, path, headers):
        image, body = pushed()
        http = httpx.Client(base_url=stage.http.base_url, headers=headers, timeout=5)

        def tell() -> None:
            with suppress(httpx.TransportError):
                http.post(path, json=body)

        telling = threading.Thread(target=tell)
        telling.start()
        stage.for_a_while(chance.uniform(0, 0.05))
        stage.parts["web"].kill()
        telling.join()
        stage.until(stage.ready, "the web process to be back")
        assert http.post(path, json=body).status_code == 202  # as a registry does which got no answer
        stage.until(lambda: bool(tasks_of(image)), "the task of the push")

        stage.end_of(*tasks_of(image))
        stage.for_a_while(2)
        assert len(tasks_of(image)) == 1
        assert Arrival.objects.filter(hook=made, outcome="accepted").count() == 1
        http.close()
