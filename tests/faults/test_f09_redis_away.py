"""F9: Redis is not there when something is asked for. Tasks are accepted, and guessing passwords stays slow."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from pytest_django import Settings

from accounts.models import Role, SignInAttempt
from tests.faults.stage import NODES, Stage
from tests.people import PASSWORD, person

GUESSES = 100


@pytest.fixture
def guessed(stage: Stage, settings: Settings) -> Iterator[str]:
    """Somebody with a password, kept as IPS keeps it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
    name = "guessed"
    person(name, Role.OPERATOR)
    SignInAttempt.objects.all().delete()
    yield name
    SignInAttempt.objects.all().delete()


def sign_in(stage: Stage, name: str, password: str) -> httpx.Response:
    body = {"username": name, "password": password}
    return httpx.post(f"{stage.http.base_url}auth/login/", json=body, timeout=30)


def test_f09_a_task_is_accepted_without_redis_and_starts_once_it_is_back(stage: Stage, chance: random.Random) -> None:
    stage.kill_server("valkey", stage.valkey)
    stage.until(lambda: "redis" in stage.not_ready(), "IPS to say so")
    headers = {"Idempotency-Key": f"f09-{chance.random()}"}
    wish = {"images": [f"faults/f09-{chance.random():.9f}:1"], "all_nodes": True, "batch_size": 10}

    answers = [stage.http.post("tasks/", json=wish, headers=headers) for _ in range(2)]
    others = [stage.ask(batch_size=10, concurrency=10) for _ in range(chance.randint(1, 3))]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert stage.http.get("tasks/").status_code == 200
    task = others[0]
    moved = [stage.http.post(f"tasks/{task.pk}/{move}/").status_code for move in ("pause", "resume")]
    assert moved == [202, 202]

    stage.for_a_while(chance.uniform(0, 2))
    stage.valkey.start()
    stage.end_of(*others)
    assert {(one.status, one.succeeded) for one in others} == {("succeeded", NODES)}
    stage.until(
        lambda: stage.http.get(f"tasks/{answers[0].json()['id']}/").json()["status"] == "succeeded", "the first to end"
    )


def test_f09_guessing_passwords_is_as_slow_without_redis(stage: Stage, guessed: str) -> None:
    stage.kill_server("valkey", stage.valkey)
    stage.until(lambda: "redis" in stage.not_ready(), "IPS to say so")

    told = Counter(sign_in(stage, guessed, f"guess {number}").status_code for number in range(GUESSES))
    right = sign_in(stage, guessed, PASSWORD)

    assert told == {401: 5, 429: GUESSES - 5}
    assert right.status_code == 429 and int(right.headers["Retry-After"]) > 0
    SignInAttempt.objects.all().delete()  # the five minutes are over
    assert sign_in(stage, guessed, PASSWORD).status_code == 200
    stage.valkey.start()
