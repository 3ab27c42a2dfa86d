"""`Idempotency-Key`: whoever gets no answer asks again, and it is done once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import yaml
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, IdempotentRequest, Membership, Role, Tenant, User
from accounts.retention import KINDS
from ips.retention import prune
from prewarm import submit
from prewarm.models import Task
from tests.conftest import signed_in
from tests.people import person
from tests.prewarm.results import end, happened
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SCHEMA = yaml.safe_load(Path("docs/openapi.yaml").read_text(encoding="utf-8"))
ENDS_SESSIONS = ("/api/v1/auth/logout/", "/api/v1/auth/sessions/end-others/")  # and answer with nothing
TASKS, API_KEYS = "/api/v1/tasks/", "/api/v1/api-keys/"
WISH: dict[str, Any] = {"images": ["nginx:1.27"], "all_nodes": True}


def ask(client: APIClient, path: str = TASKS, wish: object = WISH, key: str = "nightly-17") -> HttpResponse:
    answer: HttpResponse = client.post(path, wish, headers={"Idempotency-Key": key})
    return answer


def claimed(**made_different: Any) -> None:
    """The one request there is, as if it had come to this."""
    assert IdempotentRequest.objects.update(**made_different) == 1


def test_the_same_request_gets_the_same_answer_and_is_done_once(as_otto: APIClient) -> None:
    first, again = ask(as_otto), ask(as_otto, wish=dict(reversed(WISH.items())))

    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.json(), again["Location"]) == (first.json(), first["Location"])
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert Task.objects.count() == 1


def test_without_a_key_each_request_is_a_new_one(as_otto: APIClient) -> None:
    as_otto.post(TASKS, WISH)
    as_otto.post(TASKS, WISH)
    assert (Task.objects.count(), IdempotentRequest.objects.count()) == (2, 0)


@pytest.mark.parametrize("path", [TASKS, f"{TASKS}{uuid.uuid4()}/retry/"])
def test_another_request_with_the_same_key_is_refused(as_otto: APIClient, path: str) -> None:
    ask(as_otto)
    other = ask(as_otto, path, {**WISH, "images": ["redis:8"]})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Task.objects.count() == 1


def test_while_the_first_is_at_work_the_second_is_asked_to_come_back(as_otto: APIClient) -> None:
    ask(as_otto)
    claimed(status=None)

    second = ask(as_otto)
    assert (second.status_code, second.json()["code"], second["Retry-After"]) == (409, "request_in_flight", "1")
    assert ask(as_otto, wish={"images": ["redis:8"]}).status_code == 422


def test_what_was_claimed_by_a_process_that_died_is_done_by_the_next(as_otto: APIClient) -> None:
    ask(as_otto)
    Task.objects.all().delete()
    claimed(status=None, claimed_at=timezone.now() - timedelta(seconds=31))

    assert ask(as_otto).status_code == 202
    assert Task.objects.count() == 1


def test_who_was_thought_dead_and_comes_late_changes_nothing(
    as_otto: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = submit.submit

    def slowly(**asked: Any) -> Task:
        claimed(token=uuid.uuid4())  # another process took it over meanwhile
        return really(**asked)

    monkeypatch.setattr(submit, "submit", slowly)
    late = ask(as_otto)

    assert (late.status_code, late.json()["code"]) == (409, "request_in_flight")
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_all_hear_of_it() -> None:
    otto = person("otto", Role.OPERATOR)
    clients = [signed_in(otto) for _ in range(10)]
    start, answers = Barrier(len(clients)), []

    def send(client: APIClient) -> None:
        start.wait()
        try:
            answers.append(ask(client))
        finally:
            connection.close()

    threads = [Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    task = Task.objects.get()
    told = {(answer.status_code, answer.json().get("id") or answer.json()["code"]) for answer in answers}
    assert len(answers) == len(clients)
    assert (202, str(task.pk)) in told <= {(202, str(task.pk)), (409, "request_in_flight")}
    assert ask(clients[0]).json()["id"] == str(task.pk)


def test_what_was_refused_may_be_corrected_under_the_same_key(as_otto: APIClient) -> None:
    assert ask(as_otto, wish={**WISH, "images": ["NOT an image"]}).status_code == 422
    assert ask(as_otto).status_code == 202


def test_keys_of_others_are_others(as_otto: APIClient, as_ada: APIClient) -> None:
    assert ask(as_otto).json()["id"] != ask(as_ada).json()["id"]


def test_a_session_and_an_api_key_of_one_person_know_nothing_of_each_other(as_ada: APIClient) -> None:
    text = ask(as_ada, API_KEYS, {"name": "ci", "scopes": ["tasks"]}).json()["key"]
    as_program = APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")
    assert ask(as_program, key="b").json()["id"] != ask(as_ada, key="b").json()["id"]


def test_a_secret_is_not_kept_and_what_has_one_is_made_once(as_ada: APIClient) -> None:
    wish = {"name": "ci"}
    first, again = ask(as_ada, API_KEYS, wish), ask(as_ada, API_KEYS, wish)

    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "secret_was_shown")
    assert first["Location"] in again.json()["detail"]
    assert ApiKey.objects.count() == 1
    assert first.json()["key"] not in str(IdempotentRequest.objects.values().get())


def test_users_and_tenants_are_made_once_too(as_platform_admin: APIClient) -> None:
    for _ in range(2):
        ask(as_platform_admin, "/api/v1/users/", {"username": "nina"}, key="a")
        ask(as_platform_admin, "/api/v1/tenants/", {"slug": "payments"}, key="b")
    last = ask(as_platform_admin, "/api/v1/tenants/", {"slug": "payments"}, key="b")

    assert User.objects.filter(username="nina").count() == 1
    assert (last.status_code, last.json()["slug"]) == (201, "payments")


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 129])
def test_a_key_that_cannot_be_used_is_refused(as_otto: APIClient, key: str) -> None:
    answer = ask(as_otto, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert not Task.objects.exists()


def test_an_answer_is_kept_for_a_day(as_otto: APIClient) -> None:
    ask(as_otto)
    claimed(claimed_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert prune(KINDS, timezone.now()) == 0
    assert ask(as_otto)["Idempotent-Replayed"] == "true"

    claimed(claimed_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert "Idempotent-Replayed" not in ask(as_otto)
    assert Task.objects.count() == 2
    claimed(claimed_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert prune(KINDS, timezone.now()) == 1


def test_who_lost_the_role_is_not_told_again_what_it_once_allowed(as_otto: APIClient) -> None:
    first = ask(as_otto)
    as_otto.user.memberships.update(role=Role.VIEWER)
    lower = ask(as_otto)
    as_otto.user.memberships.all().delete()
    Membership.objects.create(user=as_otto.user, tenant=Tenant.objects.create(slug="other"), role=Role.OPERATOR)
    outside = ask(as_otto)

    assert first.status_code == 202
    assert (lower.status_code, lower.json()["code"]) == (403, "role_too_low")
    assert (outside.status_code, outside.json()["code"]) == (404, "not_found")
    assert first.json()["id"] not in (lower.content + outside.content).decode()


def test_what_was_done_with_a_thing_is_told_again_to_who_may_do_it_now(as_otto: APIClient) -> None:
    task = asked()
    happened(task, "n1", "failed", "image_not_found", "no such tag")
    end(task)
    path = f"{TASKS}{task.pk}/retry/"
    assert ask(as_otto, path, {}).status_code == 202
    assert ask(as_otto, path, {})["Idempotent-Replayed"] == "true"

    as_otto.user.memberships.update(role=Role.VIEWER)
    assert ask(as_otto, path, {}).status_code == 403
    as_otto.user.memberships.all().delete()
    assert ask(as_otto, path, {}).status_code in (403, 404)


def test_who_was_shown_a_secret_and_is_nobody_here_any_more_learns_nothing_of_it(as_ada: APIClient) -> None:
    made = ask(as_ada, API_KEYS, {"name": "ci"})
    as_ada.user.memberships.all().delete()

    again = ask(as_ada, API_KEYS, {"name": "ci"})
    assert again.status_code == 403
    assert made.json()["id"] not in again.content.decode()


def test_an_answer_in_a_tenant_that_was_named_is_told_again_there(as_mallory: APIClient) -> None:
    wish = {**WISH, "tenant": "rivals"}
    assert ask(as_mallory, wish=wish).json()["id"] == ask(as_mallory, wish=wish).json()["id"]


def posts() -> Iterator[tuple[str, bool]]:
    """Every path of the document that is asked by POST, and whether it says that a key counts there."""
    for path, methods in SCHEMA["paths"].items():
        if "post" in methods and path not in ENDS_SESSIONS:
            yield path, any(one["name"] == "Idempotency-Key" for one in methods["post"].get("parameters", ()))


@pytest.mark.parametrize(("path", "named"), list(posts()))
def test_the_document_names_the_key_wherever_it_counts_and_nowhere_else(
    as_platform_admin: APIClient, path: str, named: bool
) -> None:
    somewhere = path.replace("{id}", str(uuid.uuid4())).replace("{token}", "x")

    answer = ask(as_platform_admin, somewhere, {}, key="no key")

    assert (answer.json().get("code") == "invalid_idempotency_key") == named, answer.content


def test_what_was_shown_once_is_told_to_be_lost_in_whole_words(as_ada: APIClient) -> None:
    hook = as_ada.post("/api/v1/registry-hooks/", {"name": "Registry", "kind": "harbor"}).json()["id"]
    first, again = (ask(as_ada, f"/api/v1/registry-hooks/{hook}/rotate/", {}) for _ in range(2))

    assert (first.status_code, again.status_code, again.json()["code"]) == (200, 409, "secret_was_shown")
    assert "before, and its secret" in again.json()["detail"]
