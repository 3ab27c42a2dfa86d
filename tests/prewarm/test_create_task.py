"""Asking for a task: accepted at once, planned later, refused with every reason."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from prewarm.models import Batch, NodeResult, Task

pytestmark = pytest.mark.django_db
TASKS = "/api/v1/tasks/"
WISH: dict[str, Any] = {"images": ["nginx:1.27", "quay.io/team/app:2"], "node_selector": "pool=gpu"}


def test_it_is_accepted_and_says_where_to_follow_it(as_otto: APIClient) -> None:
    answer = as_otto.post(TASKS, WISH)

    task = Task.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == f"{TASKS}{task.pk}/"
    assert as_otto.get(answer["Location"]).json() == answer.json()


def test_the_answer_tells_what_was_asked_for_and_that_nothing_happened_yet(as_otto: APIClient) -> None:
    body = as_otto.post(TASKS, {**WISH, "name": "Nightly", "priority": 7}).json()

    assert (body["images"], body["node_selector"]) == (WISH["images"], "pool=gpu")
    assert (body["name"], body["priority"], body["batch_size"], body["concurrency"]) == ("Nightly", 7, 10, 5)
    assert (body["tenant"], body["created_by"], body["status"], body["reason"]) == ("default", "otto", "pending", "")
    assert set(body["counts"].values()) == {0}
    assert (body["reasons"], body["image_counts"], body["started_at"], body["retry_of"]) == ([], [], None, None)
    assert body["change"] == 1


def test_it_waits_to_be_planned_and_its_history_begins(as_otto: APIClient) -> None:
    as_otto.post(TASKS, WISH)

    task = Task.objects.get()
    batch = Batch.objects.get()
    event = task.events.get()
    assert (batch.number, batch.status, batch.holder) == (0, "open", "")
    assert (task.hosts, task.open_batches, task.urgent) == (["docker.io", "quay.io"], 1, False)
    assert (event.kind, event.text, event.change) == (
        "created",
        "otto asked for 2 images on the nodes with pool=gpu.",
        1,
    )
    assert not NodeResult.objects.exists()


def test_the_request_can_be_found_again_in_the_logs(as_otto: APIClient) -> None:
    answer = as_otto.post(TASKS, WISH, headers={"X-Request-ID": "from-the-pipeline-1"})

    assert answer.json()["request_id"] == answer["X-Request-ID"] == Task.objects.get().request_id


def test_nobody_at_the_doorbell_is_no_reason_to_refuse(
    as_otto: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as rung:
        answer = as_otto.post(TASKS, WISH)

    assert answer.status_code == 202
    assert len(rung) >= 1


def test_what_is_wrong_is_told_field_by_field(as_otto: APIClient) -> None:
    answer = as_otto.post(TASKS, {"images": ["nginx", "Bad//Name"], "node_selector": "", "batch_size": 0, "colour": 1})

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["colour"]

    answer = as_otto.post(TASKS, {"images": ["nginx", "Bad//Name"], "node_selector": "a b", "batch_size": 0})

    body = answer.json()
    assert (body["code"], body["status"]) == ("invalid", 422)
    assert sorted(error["pointer"] for error in body["errors"]) == ["batch_size", "images/1", "node_selector"]
    assert not Task.objects.exists()


def test_broken_json_is_refused(as_otto: APIClient) -> None:
    answer = as_otto.generic("POST", TASKS, '{"images": [', content_type="application/json")

    assert answer.status_code == 400


def test_a_huge_wish_is_refused_without_a_row_or_a_question_to_the_table_of_nodes(as_otto: APIClient) -> None:
    answer = as_otto.post(
        TASKS, {"images": [f"a{n}" for n in range(10_000)], "node_names": [f"n{n}" for n in range(10_000)]}
    )

    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["too_many"]
    assert not Task.objects.exists()


class TestWho:
    @pytest.mark.parametrize("somebody", ["as_otto", "as_ada", "as_platform_admin"])
    def test_operators_and_admins_may(self, somebody: str, request: pytest.FixtureRequest) -> None:
        assert request.getfixturevalue(somebody).post(TASKS, WISH).status_code == 202

    @pytest.mark.parametrize("somebody", ["as_vera", "as_nobody"])
    def test_viewers_and_strangers_may_not(self, somebody: str, request: pytest.FixtureRequest) -> None:
        assert request.getfixturevalue(somebody).post(TASKS, WISH).status_code == 403
        assert not Task.objects.exists()

    def test_nobody_may_without_signing_in(self, anonymous: APIClient) -> None:
        assert anonymous.post(TASKS, WISH).status_code == 401

    def test_it_belongs_to_the_tenant_that_is_named(self, as_mallory: APIClient) -> None:
        answer = as_mallory.post(TASKS, {**WISH, "tenant": "rivals"})

        assert answer.json()["tenant"] == "rivals"

    def test_another_tenant_is_refused_like_one_that_does_not_exist(
        self, as_otto: APIClient, as_mallory: APIClient
    ) -> None:
        foreign = as_otto.post(TASKS, {**WISH, "tenant": "rivals"})
        missing = as_otto.post(TASKS, {**WISH, "tenant": "nothing"})

        assert foreign.status_code == missing.status_code == 404
        assert {**foreign.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
        assert not Task.objects.exists()


def test_a_task_for_ten_thousand_nodes_takes_no_more_statements_than_a_small_one(
    as_otto: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(20):
        answer = as_otto.post(TASKS, {"images": ["nginx:1"], "node_names": [f"n{n}" for n in range(10_000)]})

    assert answer.status_code == 202
    assert not NodeResult.objects.exists()
