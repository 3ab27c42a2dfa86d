"""Cancelling, pausing, going on and trying again: what each move does, and which status forbids it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from prewarm import stopping
from prewarm.models import FINISHED, Batch, Task
from prewarm.planner import choose
from tests.prewarm.results import end, happened, running
from tests.prewarm.rows import asked, cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MOVES = ("cancel", "pause", "resume", "retry")


@pytest.fixture
def task() -> Task:
    """A running task with one node done and one on its way; its batches are looked at again in an hour."""
    task = running(asked(name="Nightly"))
    happened(task, "n1", "succeeded")
    happened(task, "n2", "pulling")
    Batch.objects.filter(task=task).update(due_at=timezone.now() + timedelta(hours=1))
    return task


@pytest.fixture
def ended() -> Task:
    """A task that ended: one node good, two failed, one cancelled, one skipped."""
    task = running(asked(["nginx:1", "redis:7"], name="Nightly", priority=8, pull_secrets=["regcred"]))
    happened(task, "good", "succeeded")
    happened(task, "bad1", "failed", "registry_unreachable")
    happened(task, "bad2", "failed", "image_not_found")
    happened(task, "stopped", "cancelled", "cancelled")
    happened(task, "cordoned", "skipped", "node_cordoned")
    return end(task)


def move(client: APIClient, task: Task, name: str) -> Any:
    return client.post(f"/api/v1/tasks/{task.pk}/{name}/")


def history(task: Task) -> list[tuple[str, str]]:
    return list(task.events.exclude(kind="created").values_list("kind", "text"))


def is_due(task: Task) -> bool:
    return all(row.due_at <= timezone.now() for row in task.batches.all())


class TestCancel:
    def test_is_a_wish_that_is_written_down_and_carried_out_by_whoever_holds_the_batches(
        self, as_otto: APIClient, task: Task
    ) -> None:
        answer = move(as_otto, task, "cancel")

        task.refresh_from_db()
        assert answer.status_code == 202
        assert answer["Location"] == f"/api/v1/tasks/{task.pk}/"
        assert answer.json()["cancel_requested_at"] is not None
        assert (task.stop_reason, task.status) == ("cancelled", "running")
        assert history(task) == [
            ("cancel_requested", "otto cancelled the task: pulls under way are ended, nothing more starts.")
        ]
        assert is_due(task)

    def test_may_be_asked_for_twice_and_counts_once(self, as_otto: APIClient, task: Task) -> None:
        first = move(as_otto, task, "cancel").json()

        second = move(as_otto, task, "cancel")

        assert second.status_code == 202
        assert second.json()["cancel_requested_at"] == first["cancel_requested_at"]
        assert len(history(task)) == 1

    def test_goes_before_a_stop_for_another_reason(self, as_otto: APIClient, task: Task) -> None:
        Task.objects.filter(pk=task.pk).update(stop_reason="failure_limit", cancel_requested_at=timezone.now())

        move(as_otto, task, "cancel")

        task.refresh_from_db()
        assert task.stop_reason == "cancelled"

    def test_rings_the_bell(
        self, as_otto: APIClient, task: Task, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True) as rung:
            answer = move(as_otto, task, "cancel")

        assert answer.status_code == 202
        assert len(rung) >= 1

    def test_readers_notice(self, as_otto: APIClient, task: Task) -> None:
        task.refresh_from_db()

        assert move(as_otto, task, "cancel").json()["change"] > task.change


class TestPause:
    def test_starts_nothing_more_until_the_task_is_let_go_on(self, as_otto: APIClient, task: Task) -> None:
        paused = move(as_otto, task, "pause")
        assert paused.status_code == 202
        assert paused.json()["paused_at"] is not None
        assert not is_due(task)

        resumed = move(as_otto, task, "resume")
        assert resumed.status_code == 202
        assert resumed.json()["paused_at"] is None
        assert is_due(task)

        assert history(task) == [
            ("paused", "otto paused the task: pulls under way go on to their end, nothing more starts."),
            ("resumed", "otto let the task go on."),
        ]

    def test_counts_from_the_first_time(self, as_otto: APIClient, task: Task) -> None:
        first = move(as_otto, task, "pause").json()["paused_at"]

        assert move(as_otto, task, "pause").json()["paused_at"] == first
        assert len(history(task)) == 1

    def test_going_on_without_a_pause_changes_nothing(self, as_otto: APIClient, task: Task) -> None:
        assert move(as_otto, task, "resume").status_code == 202
        assert history(task) == []


class TestRetry:
    def test_is_a_new_task_of_what_failed(self, as_otto: APIClient, ended: Task) -> None:
        cluster_of("good", "bad1", "bad2", "stopped", "cordoned", "new")

        answer = move(as_otto, ended, "retry")

        again = Task.objects.exclude(pk=ended.pk).get()
        chosen = choose(again)
        assert answer.status_code == 202
        assert answer["Location"] == f"/api/v1/tasks/{again.pk}/"
        assert answer.json()["retry_of"] == str(ended.pk)
        assert (answer.json()["trigger"], ended.trigger) == ("retry", "request")
        assert {entry.node: entry.images for entry in chosen.pull} == {
            "bad1": [0, 1],
            "bad2": [0, 1],
            "stopped": [0, 1],
        }
        assert chosen.over == []

    def test_asks_only_for_the_images_that_are_not_there(self, as_otto: APIClient) -> None:
        cluster_of("n1")
        task = asked(["nginx:1", "redis:7", "app:1"])
        images = [[0, "pulled", "", 1, 1, None, 1], [1, "failed", "tls_error", None, None, None, 1]]
        images.append([2, "already_present", "", None, None, None, 0])
        happened(task, "n1", "failed", "tls_error", images=images)
        end(task)

        move(as_otto, task, "retry")

        (entry,) = choose(Task.objects.get(retry_of=task)).pull
        assert entry.images == [1]

    def test_names_a_node_that_has_left_meanwhile(self, as_otto: APIClient, ended: Task) -> None:
        cluster_of("bad1")

        move(as_otto, ended, "retry")

        chosen = choose(Task.objects.get(retry_of=ended))
        assert [entry.node for entry in chosen.pull] == ["bad1"]
        assert [(entry.node, entry.skip) for entry in chosen.over] == [
            ("bad2", "node_gone"),
            ("stopped", "node_gone"),
        ]

    def test_keeps_the_settings_and_belongs_to_who_asked(self, as_ada: APIClient, ended: Task) -> None:
        body = move(as_ada, ended, "retry").json()

        assert (body["name"], body["priority"], body["pull_secrets"]) == ("Nightly", 8, ["regcred"])
        assert (body["images"], body["created_by"], body["status"]) == (["nginx:1", "redis:7"], "ada", "pending")

    def test_leaves_the_first_task_as_it_was(self, as_otto: APIClient, ended: Task) -> None:
        before = as_otto.get(f"/api/v1/tasks/{ended.pk}/").json()

        move(as_otto, ended, "retry")

        assert as_otto.get(f"/api/v1/tasks/{ended.pk}/").json() == before

    def test_of_a_task_that_still_runs_is_409(self, as_otto: APIClient, task: Task) -> None:
        answer = move(as_otto, task, "retry")

        assert (answer.status_code, answer.json()["code"]) == (409, "task_running")

    @pytest.mark.parametrize("status", ["succeeded", "skipped"])
    def test_of_a_task_where_nothing_failed_is_409(self, as_otto: APIClient, status: str) -> None:
        task = asked()
        happened(task, "n1", status, "" if status == "succeeded" else "node_cordoned")
        end(task)

        answer = move(as_otto, task, "retry")

        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
        assert Task.objects.count() == 1


@pytest.mark.parametrize("status", sorted(FINISHED))
@pytest.mark.parametrize("name", ["cancel", "pause", "resume"])
def test_a_finished_task_cannot_be_moved_any_more(as_otto: APIClient, ended: Task, name: str, status: str) -> None:
    Task.objects.filter(pk=ended.pk).update(status=status)

    answer = move(as_otto, ended, name)

    ended.refresh_from_db()
    assert (answer.status_code, answer.json()["code"]) == (409, "task_finished")
    assert status in answer.json()["detail"]
    assert history(ended) == []
    assert (ended.paused_at, ended.cancel_requested_at) == (None, None)


def test_a_task_that_was_deleted_meanwhile_is_told(task: Task) -> None:
    Task.objects.filter(pk=task.pk).delete()

    with pytest.raises(stopping.StatusForbids) as forbidden:
        stopping.cancel(task, "otto")

    assert forbidden.value.code == "task_gone"


@pytest.mark.parametrize("name", MOVES)
class TestWho:
    def test_viewers_may_not(self, as_vera: APIClient, task: Task, name: str) -> None:
        answer = move(as_vera, task, name)

        assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
        assert history(task) == []

    def test_others_do_not_even_see_it(
        self, as_mallory: APIClient, as_nobody: APIClient, task: Task, name: str
    ) -> None:
        missing = as_mallory.post(f"/api/v1/tasks/{uuid.uuid4()}/{name}/")

        for client in (as_mallory, as_nobody):
            answer = move(client, task, name)
            assert answer.status_code == missing.status_code == 404
            assert {**answer.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
        assert history(task) == []

    def test_nobody_may_without_signing_in(self, anonymous: APIClient, task: Task, name: str) -> None:
        assert move(anonymous, task, name).status_code == 401

    def test_looking_does_not_move(self, as_otto: APIClient, task: Task, name: str) -> None:
        assert as_otto.get(f"/api/v1/tasks/{task.pk}/{name}/").status_code == 405
        assert history(task) == []


class TestTheAudit:
    def test_tells_who_moved_a_task_in_which_request(self, as_otto: APIClient, task: Task) -> None:
        happened(task, "n3", "failed", "image_not_found")
        AuditEntry.objects.all().forget()

        for name in ("pause", "resume", "cancel"):
            as_otto.post(f"/api/v1/tasks/{task.pk}/{name}/", headers={"X-Request-ID": f"req-{name}"})
        move(as_otto, end(task), "retry")

        rows = AuditEntry.objects.order_by("id")
        assert [(row.action, row.target, row.actor, row.user and row.user.username) for row in rows] == [
            (f"task.{done}", str(task.pk), "otto", "otto") for done in ("paused", "resumed", "cancelled", "retried")
        ]
        assert [row.request_id for row in rows][:3] == ["req-pause", "req-resume", "req-cancel"]

    def test_tells_who_asked_for_a_task(self, as_otto: APIClient) -> None:
        made = as_otto.post("/api/v1/tasks/", {"images": ["nginx:1.27"], "all_nodes": True}).json()

        row = AuditEntry.objects.get()
        assert (row.action, row.target, row.actor) == ("task.created", made["id"], "otto")
        assert row.after == {"title": "nginx:1.27", "nodes": "all nodes"}
