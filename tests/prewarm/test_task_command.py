"""`manage.py task`: an operator sees what tasks do, and moves them, from a terminal."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.models import AuditEntry
from ips.operator_command import shell_actor
from prewarm import stopping
from prewarm.image_results import ImageResult, Outcome, write
from prewarm.models import Batch, NodeAttempt, Task
from tests.prewarm.results import end, happened, running
from tests.prewarm.rows import asked

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
NOT_FOUND = "failed to resolve image: not found"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: str, out: io.StringIO | None = None) -> str:
    out = out or io.StringIO()
    call_command("task", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def refused(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as raised:
        run(*arguments)
    return raised.value


def with_id(start: str, **wishes: Any) -> Task:
    """A task whose id starts like this."""
    task = asked(**wishes)
    pk = f"{start}{str(task.pk)[len(start) :]}"
    task.batches.all().delete()
    task.events.all().delete()
    Task.objects.filter(pk=task.pk).update(id=pk)
    return Task.objects.get(pk=pk)


@pytest.fixture
def task() -> Task:
    """Three batches: one that ended, one that a worker holds, one to come; a failure, an attempt to come."""
    task = running(asked(["nginx:1.27", "missing:1"], name="Nightly"))
    task.batches.all().delete()
    now = timezone.now()
    made = [
        Batch.objects.create(task=task, number=number, status=status, due_at=now, **values)
        for number, status, values in (
            (1, "ended", {}),
            (2, "open", {"holder": "worker-7:4711:ab12", "lease_until": now + timedelta(seconds=14)}),
            (3, "planned", {}),
        )
    ]
    pulled = [
        ImageResult(n, Outcome.PULLED, milliseconds=seconds * 1000, size=20_000_000) for n, seconds in ((0, 2), (1, 9))
    ]
    happened(task, "n1", "succeeded", batch=made[0], images=write(pulled))
    happened(task, "n2", "failed", "image_not_found", NOT_FOUND, batch=made[0])
    happened(task, "n3", "pulling", batch=made[1])
    again = happened(
        task, "n4", "pending", "registry_unreachable", attempt=2, batch=made[1], not_before=now + timedelta(seconds=30)
    )
    NodeAttempt.objects.create(node_result=again, attempt=1, reason="registry_unreachable", ended_at=now)
    happened(task, "n5", "pending", batch=made[2])
    return task


class TestShow:
    def test_tells_what_was_asked_for_by_whom_and_how_far_it_is(self, task: Task) -> None:
        shown = run("show", str(task.pk))

        assert shown.splitlines()[:3] == [f"Task {task.pk}", "Nightly", "Running."]
        assert "images     nginx:1.27 and missing:1" in shown
        assert "nodes      all nodes" in shown
        assert "asked for  by test at " in shown
        assert "2 of 5 nodes: 1 succeeded, 1 failed, 1 pulling" in shown

    def test_tells_who_holds_what_until_when_and_what_waits_for_what(self, task: Task) -> None:
        shown = run("show", str(task.pk)).partition("Batches")[2].partition("\n\n")[0]
        rows = shown.splitlines()

        assert rows[0].strip() == "1 ended, 1 open, 1 to come"
        assert rows[2].split() == ["1", "ended", "2", "1", "1"]
        assert rows[3].split(maxsplit=5)[:5] == ["2", "open", "2", "0", "0"]
        assert "worker-7:4711 (for 1" in rows[3] and "1 pulling, 1 pending" in rows[3]
        assert unwrapped(shown).endswith("waits for a running batch to have no node left to start")

    def test_says_when_a_holder_is_lost_and_how_often(self, task: Task) -> None:
        over = timezone.now() - timedelta(seconds=12)
        task.batches.filter(number=2).update(lease_until=over, lost_claims=2)

        shown = unwrapped(run("show", str(task.pk)))

        assert re.search(r"worker-7:4711 \(lost 1\d s ago, 2 lost in a row\)", shown)

    def test_groups_reasons_with_hint_message_nodes_and_a_command(self, task: Task) -> None:
        shown = run("show", str(task.pk)).partition("Why nodes are not warm")[2]

        assert "1 node: image not found (image_not_found)" in shown
        assert "Check the name and the tag" in shown
        assert f"the runtime says: {NOT_FOUND}" in shown
        assert "on n2\n" in shown
        assert "$ kubectl get events -n ips-pull --sort-by=.lastTimestamp -o wide | grep -w n2" in shown

    def test_tells_attempts_to_come_and_those_that_were_not_enough(self, task: Task) -> None:
        shown = run("show", str(task.pk))

        assert "attempt 2 of 3 on 1 node, from " in shown
        assert "1 attempt on 1 node, registry not reached" in shown

    def test_tells_times_and_sizes_by_image_and_what_is_not_known(self, task: Task) -> None:
        rows = run("show", str(task.pk)).partition("Images")[2].splitlines()

        assert rows[2].split() == ["1", "0", "1", "2", "s", "2", "s", "20", "MB", "n1", "nginx:1.27"]
        assert rows[3].split() == ["1", "0", "1", "9", "s", "9", "s", "20", "MB", "n1", "missing:1"]

    def test_tells_what_it_waits_for_since_when_and_who_has_it(self, task: Task) -> None:
        Task.objects.filter(pk=task.pk).update(
            waiting_reason="host:docker.io", waiting_since=timezone.now() - timedelta(seconds=70)
        )

        waiting = run("show", str(task.pk)).partition("Waiting")[2].partition("\n\n")[0]

        assert "for room at the registry docker.io" in waiting
        assert "since " in waiting and "(1 min 10 s)" in waiting

    def test_tells_the_last_events_and_how_to_see_the_others(self, task: Task) -> None:
        stopping.pause(task, "otto")
        stopping.resume(task, "otto")

        shown = run("show", str(task.pk), "--events", "1").partition("\nEvents")[2]

        assert "2 earlier ones with --events 3" in shown
        assert "otto let the task go on." in shown
        assert "otto paused" not in shown

    def test_says_how_a_finished_task_ended(self, task: Task) -> None:
        task.node_results.exclude(node="n1").delete()
        Task.objects.filter(pk=task.pk).update(desired=1, pending=0, active=0, failed=0)

        shown = run("show", str(end(task).pk))

        assert "The task succeeded: the node is warm." in shown

    @pytest.mark.parametrize("columns", ["80", "140"])
    def test_fits_the_terminal_but_for_commands(
        self, columns: str, task: Task, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", columns)

        lines = run("show", str(task.pk), out=Terminal()).splitlines()

        assert max(len(line) for line in lines if "kubectl" not in line) <= int(columns)

    def test_as_json_has_all_of_it(self, task: Task) -> None:
        body = json.loads(run("show", str(task.pk), "--json"))

        assert body["id"] == str(task.pk)
        assert [(one["number"], one["status"], one["holder"]) for one in body["batches"]] == [
            (1, "ended", ""),
            (2, "open", "worker-7:4711"),
            (3, "planned", ""),
        ]
        assert body["coming_attempts"][0]["examples"] == ["n4"]
        assert body["earlier_failures"] == [{"reason": "registry_unreachable", "attempts": 1, "nodes": 1}]
        assert {one["image"]: one["longest_seconds"] for one in body["figures"]} == {
            "nginx:1.27": 2.0,
            "missing:1": 9.0,
        }
        assert [event["kind"] for event in body["events"]] == ["created"]

    def test_before_anything_happened_says_so(self) -> None:
        shown = run("show", str(asked().pk))

        assert "Pending: its nodes are not chosen yet." in shown
        assert "planning  open" in shown


class TestAnId:
    def test_may_be_shortened_with_or_without_hyphens(self) -> None:
        task = with_id("abcdef01-23")

        for start in ("abc", "ABCDEF01-23", "abcdef0123", str(task.pk)):
            assert f"Task {task.pk}" in run("show", start)

    def test_that_fits_two_tasks_is_refused(self) -> None:
        with_id("abcdef01"), with_id("abcdef02")

        error = refused("show", "abcdef0")

        assert error.returncode == 2
        assert "abcdef01" in str(error) and "abcdef02" in str(error)

    @pytest.mark.parametrize("start", ["123456", "nginx", "-", "%", "g" * 40])
    def test_that_fits_none_is_refused_and_says_where_ids_are(self, start: str) -> None:
        error = refused("show", "--", start)

        assert error.returncode == 2
        assert "manage.py task list" in str(error)


class TestList:
    def test_has_a_line_for_each_task_newest_first(self, task: Task) -> None:
        newer = asked(["redis:7"], node_selector="pool=gpu")

        lines = run("list").splitlines()

        assert [line.split()[0] for line in lines] == ["id", str(newer.pk)[:8], str(task.pk)[:8]]
        assert lines[1].endswith("redis:7 on the nodes with pool=gpu")
        assert "1 of 5 nodes, 1 failed" in lines[2]

    def test_can_be_narrowed_and_says_what_it_leaves_out(self, task: Task) -> None:
        asked(), asked()

        assert len(run("list", "--status", "running").splitlines()) == 2
        assert "and 2 more tasks" in run("list", "--limit", "1")

    def test_says_how_to_make_the_first_task(self) -> None:
        assert "manage.py prewarm" in run("list")

    def test_as_json_is_what_the_api_lists(self, task: Task) -> None:
        (body,) = json.loads(run("list", "--json"))

        assert (body["id"], body["status"], body["counts"]["failed"]) == (str(task.pk), "running", 1)


class TestMoves:
    @pytest.mark.parametrize(
        ("verb", "kind"), [("pause", "paused"), ("cancel", "cancel_requested")], ids=["pause", "cancel"]
    )
    def test_are_told_in_the_history_with_who_typed_them(self, verb: str, kind: str, task: Task) -> None:
        said = run(verb, str(task.pk)[:8])

        assert str(task.pk) in said
        assert task.events.get(kind=kind).data["actor"] == shell_actor()
        assert shell_actor().startswith("cli:")

    def test_resume_lets_a_paused_task_go_on(self, task: Task) -> None:
        run("pause", str(task.pk))

        run("resume", str(task.pk))

        task.refresh_from_db()
        assert task.paused_at is None

    def test_retry_makes_a_new_task_of_what_failed(self, task: Task) -> None:
        run("cancel", str(task.pk))
        end(task)

        body = json.loads(run("retry", str(task.pk), "--json"))

        assert body["retry_of"] == str(task.pk)
        assert body["created_by"] == shell_actor()

    @pytest.mark.parametrize("verb", ["cancel", "pause", "resume"])
    def test_of_a_finished_task_are_refused_with_another_status_than_a_wrong_id(self, verb: str, task: Task) -> None:
        end(task)

        error = refused(verb, str(task.pk))

        assert error.returncode == 1
        assert "already" in str(error)

    def test_retry_of_a_task_that_runs_is_refused(self, task: Task) -> None:
        assert refused("retry", str(task.pk)).returncode == 1

    def test_are_in_the_audit_with_who_typed_them(self, task: Task) -> None:
        AuditEntry.objects.all().forget()
        for verb in ("pause", "pause", "resume", "cancel", "cancel"):
            run(verb, str(task.pk))
        again = json.loads(run("retry", str(end(task).pk), "--json"))["id"]

        rows = AuditEntry.objects.order_by("id").values_list("action", "target", "actor", "tenant__slug", "after")
        who = (str(task.pk), shell_actor(), "default")
        assert list(rows) == [
            ("task.paused", *who, None),
            ("task.resumed", *who, None),
            ("task.cancelled", *who, None),
            ("task.retried", *who, {"retry": again}),
        ]

    def test_that_are_refused_are_not_in_the_audit(self, task: Task) -> None:
        end(task)
        AuditEntry.objects.all().forget()

        refused("cancel", str(task.pk))

        assert not AuditEntry.objects.exists()
