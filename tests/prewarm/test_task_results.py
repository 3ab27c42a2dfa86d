"""What happened: a task in detail, its nodes, its history."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from prewarm import history, progress
from prewarm.image_counts import count_images
from prewarm.image_results import ImageResult, Outcome, write
from prewarm.models import Batch, NodeResult, Task
from tests.prewarm.results import end, happened, message_of, running
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
NOT_FOUND, REFUSED = "nginx:1.27: not found", "connect: connection refused"


def url(task: Task, what: str = "") -> str:
    return f"/api/v1/tasks/{task.pk}/{what}"


@pytest.fixture
def task() -> Task:
    """Seven nodes: two good, two without the image, one unreachable, one cordoned, one on its way."""
    task = running(asked(["nginx:1.27"]))
    happened(task, "a1", "succeeded")
    happened(task, "a2", "succeeded")
    happened(task, "b1", "failed", "image_not_found", NOT_FOUND)
    happened(task, "b2", "failed", "image_not_found", NOT_FOUND)
    happened(task, "b3", "failed", "registry_unreachable", REFUSED, attempt=4, recreated=1)
    happened(task, "c1", "skipped", "node_cordoned")
    happened(task, "d1", "pulling")
    return task


class TestTheDetail:
    def test_counts_nodes_by_state_and_they_add_up(self, as_vera: APIClient, task: Task) -> None:
        counts = as_vera.get(url(task)).json()["counts"]

        assert counts == {
            "desired": 7,
            "pending": 0,
            "active": 1,
            "succeeded": 2,
            "failed": 3,
            "skipped": 1,
            "cancelled": 0,
        }

    def test_groups_what_went_wrong_with_a_hint_and_the_runtimes_words(self, as_vera: APIClient, task: Task) -> None:
        reasons = as_vera.get(url(task)).json()["reasons"]

        assert [(row["reason"], row["nodes"], row["message"]) for row in reasons] == [
            ("image_not_found", 2, NOT_FOUND),
            ("node_cordoned", 1, ""),
            ("registry_unreachable", 1, REFUSED),
        ]
        assert all(row["hint"].endswith(".") for row in reasons)
        assert [row["examples"] for row in reasons] == [["b1", "b2"], ["c1"], ["b3"]]
        assert "kubectl uncordon {node}" in reasons[1]["look_closer"]

    def test_groups_each_reason_of_a_node_whose_images_failed_for_several(self, as_vera: APIClient) -> None:
        task = running(asked(["good:1", "missing:1", "missing:2", "secret:1"]))
        refused = message_of(task, REFUSED)
        images = [
            ImageResult(0, Outcome.PULLED),
            ImageResult(1, Outcome.FAILED, "image_not_found"),
            ImageResult(2, Outcome.FAILED, "image_not_found"),
            ImageResult(3, Outcome.FAILED, "unauthorized", message_id=refused.pk if refused else None),
        ]
        for node in ("n1", "n2"):
            happened(task, node, "failed", "image_not_found", NOT_FOUND, images=write(images))

        reasons = as_vera.get(url(task)).json()["reasons"]

        assert [(row["reason"], row["nodes"], row["images"], row["message"]) for row in reasons] == [
            ("image_not_found", 2, ["missing:1", "missing:2"], NOT_FOUND),
            ("unauthorized", 2, ["secret:1"], REFUSED),
        ]

    def test_counts_each_image_by_outcome(self, as_vera: APIClient, task: Task) -> None:
        rows = as_vera.get(url(task)).json()["image_counts"]

        assert {(row["outcome"], row["reason"]): row["nodes"] for row in rows} == {
            ("pulled", ""): 2,
            ("failed", "image_not_found"): 2,
            ("failed", "registry_unreachable"): 1,
            ("skipped", "node_cordoned"): 1,
        }
        assert {row["image"] for row in rows} == {"nginx:1.27"}

    def test_of_a_finished_task_has_a_reason_with_its_hint(self, as_vera: APIClient) -> None:
        task = end(asked(node_names=["n1"]))

        body = as_vera.get(url(task)).json()

        assert (body["status"], body["reason"]) == ("failed", "no_nodes")
        assert "kubectl get nodes" in body["hint"]
        assert body["finished_at"].endswith("Z")

    @pytest.mark.parametrize("what", ["", "nodes/", "events/", "changes/"])
    def test_of_another_tenants_task_is_404_like_one_that_does_not_exist(
        self, what: str, as_mallory: APIClient, as_nobody: APIClient, task: Task
    ) -> None:
        missing = as_mallory.get(f"/api/v1/tasks/{uuid.uuid4()}/{what}")

        for client in (as_mallory, as_nobody):
            foreign = client.get(url(task, what))
            assert foreign.status_code == missing.status_code == 404
            assert {**foreign.json(), "request_id": ""} == {**missing.json(), "request_id": ""}

    @pytest.mark.parametrize("pk", ["1", "x", "../", "00000000-0000-0000-0000-00000000000G"])
    def test_of_what_is_no_id_is_404(self, pk: str, as_vera: APIClient) -> None:
        assert as_vera.get(f"/api/v1/tasks/{pk}/").status_code == 404


def nodes(client: APIClient, task: Task, **query: Any) -> list[str]:
    answer = client.get(url(task, "nodes/"), query)
    assert answer.status_code == 200, answer.content
    return [row["node"] for row in answer.json()["results"]]


class TestNodes:
    def test_come_by_name_in_pages(self, as_vera: APIClient, task: Task) -> None:
        body = as_vera.get(url(task, "nodes/"), {"page_size": 3, "page": 2}).json()

        assert [row["node"] for row in body["results"]] == ["b2", "b3", "c1"]
        assert body["count"] == 7
        assert "page=3" in body["next"]
        assert "page_size=3" in body["previous"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"status": "failed"}, ["b1", "b2", "b3"]),
            ({"status": ["failed", "skipped"]}, ["b1", "b2", "b3", "c1"]),
            ({"status": "cancelled"}, []),
            ({"reason": "image_not_found"}, ["b1", "b2"]),
            ({"reason": ["node_cordoned", "registry_unreachable"]}, ["b3", "c1"]),
            ({"reason": "nonsense"}, []),
            ({"search": "B"}, ["b1", "b2", "b3"]),
            ({"search": "b", "status": "failed", "reason": "image_not_found"}, ["b1", "b2"]),
            ({"search": "%"}, []),
            ({"ordering": "-node"}, ["d1", "c1", "b3", "b2", "b1", "a2", "a1"]),
        ],
    )
    def test_can_be_filtered_searched_and_ordered(
        self, as_vera: APIClient, task: Task, query: dict[str, Any], found: list[str]
    ) -> None:
        assert nodes(as_vera, task, **query) == found

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({"state": "failed"}, "unknown_parameter"),
            ({"status": "active"}, "unknown_value"),
            ({"ordering": "batch"}, "unknown_ordering"),
        ],
    )
    def test_refuse_a_question_that_is_not_understood(
        self, as_vera: APIClient, task: Task, query: dict[str, Any], code: str
    ) -> None:
        answer = as_vera.get(url(task, "nodes/"), query)

        assert (answer.status_code, answer.json()["code"]) == (400, code)

    def test_tell_why_in_the_runtimes_words_and_what_to_do(self, as_vera: APIClient, task: Task) -> None:
        (row,) = as_vera.get(url(task, "nodes/"), {"search": "b3"}).json()["results"]

        assert (row["status"], row["reason"], row["message"]) == ("failed", "registry_unreachable", REFUSED)
        assert row["hint"].startswith("The node could not reach the registry.")
        assert row["attempt"] == 3
        assert [(image["outcome"], image["reason"], image["message"]) for image in row["images"]] == [
            ("failed", "registry_unreachable", REFUSED)
        ]

    def test_tell_of_each_image_how_long_it_took_and_how_big_it_is_or_null(self, as_vera: APIClient) -> None:
        task = asked(["nginx:1", "redis:7", "app:1"])
        began = timezone.now()
        text = message_of(task, NOT_FOUND)
        assert text is not None
        images = [
            ImageResult(0, Outcome.PULLED, milliseconds=1234, size=78_005_565, attempt=1, waited=500),
            ImageResult(1, Outcome.ALREADY_PRESENT),
            ImageResult(2, Outcome.FAILED, "image_not_found", message_id=text.pk),
        ]
        batch = Batch.objects.create(task=task, number=3, due_at=began)
        happened(
            task,
            "n1",
            "failed",
            "image_not_found",
            images=write(images),
            batch=batch,
            started_at=began,
            finished_at=began + timedelta(seconds=2.5),
        )

        (row,) = as_vera.get(url(task, "nodes/")).json()["results"]

        assert (row["batch"], row["seconds"]) == (3, 2.5)
        assert [(image["image"], image["outcome"]) for image in row["images"]] == [
            ("nginx:1", "pulled"),
            ("redis:7", "already_present"),
            ("app:1", "failed"),
        ]
        assert [(image["seconds"], image["waited_seconds"], image["bytes"]) for image in row["images"]] == [
            (1.234, 0.5, 78_005_565),
            (None, None, None),
            (None, None, None),
        ]
        assert [image["message"] for image in row["images"]] == ["", "", NOT_FOUND]
        assert row["images"][2]["hint"].endswith(".")

    def test_that_are_on_their_way_have_no_time_yet(self, as_vera: APIClient, task: Task) -> None:
        (row,) = as_vera.get(url(task, "nodes/"), {"status": "pulling"}).json()["results"]

        assert (row["seconds"], row["finished_at"], row["images"][0]["outcome"]) == (None, None, "")

    def test_take_the_same_number_of_statements_however_many_they_are(
        self, as_vera: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        task = asked()
        for n in range(20):
            happened(task, f"n{n}", "failed", "image_not_found", f"message {n}")

        with django_assert_max_num_queries(9):
            assert len(nodes(as_vera, task)) == 20


class TestEvents:
    def test_are_told_in_order_and_only_after_what_one_knows(self, as_vera: APIClient) -> None:
        task = asked()
        for text in ("second", "third"):
            locked = progress.lock(task.pk)
            assert locked is not None
            history.record(locked, timezone.now(), "note", text, nodes=["n1"])

        body = as_vera.get(url(task, "events/")).json()
        later = as_vera.get(url(task, "events/"), {"after": body["results"][1]["change"]}).json()
        none = as_vera.get(url(task, "events/"), {"after": body["change"]}).json()

        assert [event["text"] for event in body["results"]] == [
            "test asked for nginx:1.27 on all nodes.",
            "second",
            "third",
        ]
        assert [event["change"] for event in body["results"]] == [1, 2, 3]
        assert body["change"] == 3
        assert [event["text"] for event in later["results"]] == ["third"]
        assert later["results"][0]["data"] == {"nodes": ["n1"]}
        assert none == {"results": [], "change": 3, "more": False}

    @pytest.mark.parametrize("after", ["-1", "x", "1.5", "\u0661", "9" * 16, " 1"])
    def test_refuse_a_number_that_is_none(self, as_vera: APIClient, after: str) -> None:
        answer = as_vera.get(url(asked(), "events/"), {"after": after})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_after")

    def test_refuse_an_unknown_parameter(self, as_vera: APIClient) -> None:
        answer = as_vera.get(url(asked(), "events/"), {"since": "1"})

        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


def test_counts_of_images_are_added_up_over_settlements() -> None:
    task = asked(["a", "b"])

    count_images(task, {(0, "pulled", ""): 2, (1, "failed", "tls_error"): 1})
    count_images(task, {(0, "pulled", ""): 3, (1, "failed", "disk_full"): 1})

    rows = task.image_counts.order_by("image", "reason").values_list("image", "outcome", "reason", "nodes")
    assert list(rows) == [(0, "pulled", "", 5), (1, "failed", "disk_full", 1), (1, "failed", "tls_error", 1)]
    assert not NodeResult.objects.exists()
