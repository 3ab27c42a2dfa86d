"""F6: `kill -9` of the web process while it accepts a task. Who asks again under the same key gets the one task."""

from __future__ import annotations

import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from prewarm.models import Task
from tests.faults.part import Part
from tests.faults.stage import NODES, Stage

# Where it dies, and how many tasks there are then.
PLACES = {"request_claimed": 0, "request_kept": 0, "request_done": 1}


class Client:
    """Somebody who wants one task, and asks until there is an answer."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.name = stage, uuid.uuid4().hex
        self.wish = {"name": self.name, "images": [f"faults/{self.name}:1"], "all_nodes": True, "batch_size": 10}
        self.answers: list[httpx.Response] = []

    def ask(self) -> httpx.Response:
        return self.stage.http.post("tasks/", json=self.wish, headers={"Idempotency-Key": self.name})

    def is_answered(self) -> bool:
        try:
            self.answers.append(self.ask())
        except httpx.TransportError:
            return False  # nobody listens yet
        return self.answers[-1].status_code == 202

    def made(self) -> list[Task]:
        return list(Task.objects.filter(name=self.name))


def is_stopped(part: Part) -> bool:
    """Whether a process of the web server's group has stopped itself at its crash point."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            found += [state] * (int(group) == part.pid)
    return "T" in found


@pytest.mark.each_place
@pytest.mark.parametrize("place", PLACES)
def test_f06_a_web_process_that_dies_there_leaves_one_task_to_who_asks_again(
    stage: Stage, place: str, chance: random.Random
) -> None:
    web, client = stage.parts["web"], Client(stage)
    web.end()
    web.start(IPS_CRASH_POINT=f"{place}:1:stop:{client.name}")
    stage.until(stage.ready, "the web process to answer")

    with ThreadPoolExecutor(1) as one:
        first = one.submit(client.ask)
        stage.until(lambda: is_stopped(web), f"the web process to come to {place}")
        web.kill()
        with pytest.raises(httpx.TransportError):
            first.result()
    assert len(client.made()) == PLACES[place]

    stage.until(client.is_answered, "the web process to be there again, and to answer")

    answer, tasks = client.answers[-1], client.made()
    assert [str(task.pk) for task in tasks] == [answer.json()["id"]]
    assert answer.headers.get("Idempotent-Replayed") == ("true" if PLACES[place] else None)
    assert {other.status_code for other in client.answers[:-1]} <= {409}
    assert stage.http.post("tasks/", json={**client.wish, "priority": 6}, headers=key_of(client)).status_code == 422
    stage.end_of(*tasks)
    assert (tasks[0].status, tasks[0].succeeded) == ("succeeded", NODES)


def test_f06_killed_at_any_moment_it_is_done_once(stage: Stage, chance: random.Random) -> None:
    web, client = stage.parts["web"], Client(stage)

    with ThreadPoolExecutor(1) as one:
        first: Any = one.submit(client.is_answered)
        time.sleep(chance.uniform(0, 0.1))  # not a wait: the moment is what is played
        web.kill()
        first.result()
    stage.until(client.is_answered, "the web process to be there again, and to answer")

    (task,) = client.made()
    told = {answer.json()["id"] for answer in client.answers if answer.status_code == 202}
    assert told == {str(task.pk)}
    stage.end_of(task)


def key_of(client: Client) -> dict[str, str]:
    return {"Idempotency-Key": client.name}
