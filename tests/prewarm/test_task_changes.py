"""Following a task by its number: nothing is skipped, and nothing sent while nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from prewarm import changes as module
from prewarm import history, progress
from prewarm.models import Limit, NodeResult, Task
from tests.prewarm.results import happened, running
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture
def task() -> Task:
    return running(asked())


def url(task: Task) -> str:
    return f"/api/v1/tasks/{task.pk}/changes/"


def changes(client: APIClient, task: Task, after: int = 0) -> dict[str, Any]:
    answer = client.get(url(task), {"after": after})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def followed(client: APIClient, task: Task, after: int = 0) -> Iterator[dict[str, Any]]:
    """All answers that a reader gets who asks again as long as there is more."""
    for _ in range(100):
        body = changes(client, task, after)
        yield body
        assert body["change"] >= after
        after = body["change"]
        if not body["more"]:
            return
    raise AssertionError("there is always more")


def note(task: Task, text: str) -> None:
    locked = progress.lock(task.pk)
    assert locked is not None
    history.record(locked, timezone.now(), "note", text)


def settle(task: Task, *nodes: str) -> None:
    """Several nodes in one transaction: they share one value of the counter."""
    task.refresh_from_db()
    for name in nodes:
        happened(task, name, "succeeded")
    first = NodeResult.objects.filter(task=task, node=nodes[0]).values_list("change", flat=True).get()
    NodeResult.objects.filter(task=task, node__in=nodes).update(change=first)
    Task.objects.filter(pk=task.pk).update(change=first)


def test_a_reader_who_knows_nothing_is_told_all(as_vera: APIClient, task: Task) -> None:
    happened(task, "n1", "succeeded")
    happened(task, "n2", "failed", "image_not_found", "not found")

    body = changes(as_vera, task)

    task.refresh_from_db()
    assert (body["change"], body["more"]) == (task.change, False)
    assert [row["node"] for row in body["nodes"]] == ["n1", "n2"]
    assert [event["kind"] for event in body["events"]] == ["created"]
    assert body["task"] == as_vera.get(f"/api/v1/tasks/{task.pk}/").json()


def test_a_reader_is_told_only_what_changed_since(as_vera: APIClient, task: Task) -> None:
    happened(task, "n1", "succeeded")
    known = changes(as_vera, task)["change"]

    happened(task, "n2", "succeeded")
    note(task, "something happened")
    body = changes(as_vera, task, known)

    assert [row["node"] for row in body["nodes"]] == ["n2"]
    assert [event["text"] for event in body["events"]] == ["something happened"]
    assert body["change"] > known


def test_a_node_that_moved_on_is_told_again(as_vera: APIClient, task: Task) -> None:
    row = happened(task, "n1", "pulling")
    known = changes(as_vera, task)["change"]

    Task.objects.filter(pk=task.pk).update(change=known + 1, active=0, succeeded=1)
    NodeResult.objects.filter(pk=row.pk).update(status="succeeded", change=known + 1)

    assert [(row["node"], row["status"]) for row in changes(as_vera, task, known)["nodes"]] == [("n1", "succeeded")]


def test_a_reader_who_is_ahead_is_not_sent_back(as_vera: APIClient, task: Task) -> None:
    body = changes(as_vera, task, 1000)

    assert (body["change"], body["nodes"], body["events"], body["more"]) == (1000, [], [], False)


class TestWhenThereIsMuch:
    @pytest.fixture(autouse=True)
    def few_nodes_an_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_NODES", 3)

    @pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7, 12])
    def test_it_comes_in_answers_that_skip_and_repeat_no_node(self, as_vera: APIClient, task: Task, count: int) -> None:
        for n in range(count):
            happened(task, f"n{n:02}", "succeeded")

        answers = list(followed(as_vera, task))

        told = [row["node"] for body in answers for row in body["nodes"]]
        assert told == [f"n{n:02}" for n in range(count)]
        assert all(len(body["nodes"]) <= 3 for body in answers)
        assert len(answers) == max(1, -(-count // 3))

    @pytest.mark.parametrize("sizes", [[5], [4], [2, 5, 1], [3, 3], [1, 1, 1, 4], [6, 6, 1], [2, 2, 2, 2]])
    def test_the_nodes_of_one_transaction_are_never_torn_apart(
        self, as_vera: APIClient, task: Task, sizes: list[int]
    ) -> None:
        for number, size in enumerate(sizes):
            settle(task, *(f"t{number}-n{n}" for n in range(size)))

        answers = [{row["node"] for row in body["nodes"]} for body in followed(as_vera, task)]

        for number, size in enumerate(sizes):
            together = {f"t{number}-n{n}" for n in range(size)}
            assert sum(together <= answer for answer in answers) == 1
        assert sum(len(answer) for answer in answers) == sum(sizes)

    @pytest.mark.parametrize("sizes", [[5], [2, 5, 1], [4, 4, 4]])
    def test_every_event_is_told_once(self, as_vera: APIClient, task: Task, sizes: list[int]) -> None:
        for number, size in enumerate(sizes):
            settle(task, *(f"t{number}-n{n}" for n in range(size)))
            note(task, f"after {number}")

        answers = list(followed(as_vera, task))
        last = changes(as_vera, task, answers[-1]["change"])

        told = [event["text"] for body in [*answers, last] for event in body["events"]]
        assert told == ["test asked for nginx:1.27 on all nodes.", *(f"after {number}" for number in range(len(sizes)))]

    def test_what_happens_between_two_answers_is_told_later(self, as_vera: APIClient, task: Task) -> None:
        for n in range(6):
            happened(task, f"n{n}", "pulling")
        first = changes(as_vera, task)

        # n0 was told already, n5 was not; both move on before the reader asks again.
        for name in ("n0", "n5"):
            task.refresh_from_db()
            Task.objects.filter(pk=task.pk).update(change=task.change + 1)
            NodeResult.objects.filter(task=task, node=name).update(change=task.change + 1, status="succeeded")
        rest = [row for body in followed(as_vera, task, first["change"]) for row in body["nodes"]]

        assert [row["node"] for row in first["nodes"]] == ["n0", "n1", "n2"]
        assert {row["node"]: row["status"] for row in rest} == {
            "n0": "succeeded",
            "n3": "pulling",
            "n4": "pulling",
            "n5": "succeeded",
        }

    def test_the_task_itself_is_always_the_newest(self, as_vera: APIClient, task: Task) -> None:
        for n in range(7):
            happened(task, f"n{n}", "succeeded")

        assert {body["task"]["counts"]["succeeded"] for body in followed(as_vera, task)} == {7}


class TestWhileNothingChanges:
    def test_the_answer_is_304(self, as_vera: APIClient, task: Task) -> None:
        first = as_vera.get(url(task))

        again = as_vera.get(url(task), {"after": first.json()["change"]}, headers={"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])

    def test_it_is_not_once_something_did(self, as_vera: APIClient, task: Task) -> None:
        first = as_vera.get(url(task))
        happened(task, "n1", "succeeded")

        again = as_vera.get(url(task), {"after": first.json()["change"]}, headers={"If-None-Match": first["ETag"]})

        assert again.status_code == 200
        assert again["ETag"] != first["ETag"]

    def test_it_is_not_once_what_the_task_waits_for_is_another(self, as_vera: APIClient, task: Task) -> None:
        Limit.objects.create(name="cluster", cap=10, used=10)
        Task.objects.filter(pk=task.pk).update(waiting_reason="cluster", waiting_since=timezone.now())
        first = as_vera.get(url(task))
        asking = {"data": {"after": first.json()["change"]}, "headers": {"If-None-Match": first["ETag"]}}
        assert as_vera.get(url(task), **asking).status_code == 304

        Limit.objects.update(used=9)

        again = as_vera.get(url(task), **asking)
        assert again.status_code == 200
        assert again.json()["task"]["waiting"]["text"] == "room in the cluster (9 of 10 pull jobs run)"

    def test_it_is_not_for_a_reader_who_is_behind(self, as_vera: APIClient, task: Task) -> None:
        first = as_vera.get(url(task))

        again = as_vera.get(url(task), {"after": 0}, headers={"If-None-Match": first["ETag"]})

        assert again.status_code == 200

    def test_it_is_not_with_the_tag_of_another_task(self, as_vera: APIClient, task: Task) -> None:
        other = running(asked())
        known = as_vera.get(url(other))

        answer = as_vera.get(url(task), {"after": known.json()["change"]}, headers={"If-None-Match": known["ETag"]})

        assert answer.status_code == 200


def test_a_long_history_comes_in_answers_that_skip_and_repeat_nothing(
    as_vera: APIClient, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 3)
    for n in range(8):
        note(task, f"line {n}")
        settle(task, f"n{n}")
    task.refresh_from_db()

    answers = list(followed(as_vera, task))
    told = [event["text"] for body in answers for event in body["events"]]
    assert told[-8:] == [f"line {n}" for n in range(8)]
    assert max(len(body["events"]) for body in answers) <= 3
    assert sorted(row["node"] for body in answers for row in body["nodes"]) == [f"n{n}" for n in range(8)]
    assert answers[-1]["change"] == task.change

    alone: list[str] = []
    after, more = 0, True
    while more:
        body = as_vera.get(f"/api/v1/tasks/{task.pk}/events/", {"after": after}).json()
        assert len(body["results"]) <= 3
        alone += [event["text"] for event in body["results"]]
        after, more = body["change"], body["more"]
    assert alone == told


@pytest.mark.parametrize("after", ["-1", "x", "", "1e3", "\u0661", "9" * 16])
def test_a_number_that_is_none_is_refused(as_vera: APIClient, task: Task, after: str) -> None:
    answer = as_vera.get(url(task), {"after": after})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_after")


def test_a_misspelt_parameter_is_refused(as_vera: APIClient, task: Task) -> None:
    answer = as_vera.get(url(task), {"afer": "3"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")
