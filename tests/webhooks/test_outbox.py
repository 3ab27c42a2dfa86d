"""What happens becomes a delivery for each webhook that wants it, in the same transaction, or not at all."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prewarm import history
from prewarm.announce import Event, announce
from prewarm.models import Task, TaskStatus
from prewarm.stopping import cancel, pause, resume
from tests.prewarm.rows import asked
from tests.webhooks.rows import ended, hook
from webhooks.models import Delivery, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def heard(webhook: Webhook) -> list[str]:
    return list(webhook.deliveries.order_by("created_at", "event").values_list("event", flat=True))


def test_every_step_of_a_task_that_people_care_for_is_heard() -> None:
    webhook = hook()
    task = asked()
    pause(task, "ada")
    resume(task, "ada")
    cancel(task, "ada")

    assert sorted(heard(webhook)) == ["task.cancel_requested", "task.created", "task.paused", "task.resumed"]


@pytest.mark.parametrize("status", ["succeeded", "partial", "failed", "cancelled"])
def test_the_end_is_told_with_how_it_ended(status: str) -> None:
    webhook = hook(events=[f"task.{status}"])
    task = ended(TaskStatus(status))

    (delivery,) = webhook.deliveries.all()
    assert (delivery.event, delivery.task, delivery.facts["status"]) == (f"task.{status}", task.pk, status)
    assert delivery.facts["nodes"]["failed"] == 2


def test_a_webhook_hears_only_of_its_tenant() -> None:
    ours, theirs = hook(), hook(tenant="rivals")
    ended(TaskStatus.FAILED)

    assert heard(theirs) == []
    assert "task.failed" in heard(ours)


def test_a_webhook_that_is_disabled_hears_nothing() -> None:
    webhook = hook(enabled=False)
    ended(TaskStatus.FAILED)

    assert heard(webhook) == []


def test_only_failures_leaves_out_what_went_well() -> None:
    webhook = hook(only_failures=True)
    for status in (TaskStatus.SUCCEEDED, TaskStatus.PARTIAL, TaskStatus.FAILED):
        ended(status)

    assert sorted(heard(webhook)) == ["task.failed", "task.partial"]


def test_a_webhook_for_named_tasks_hears_of_those_only() -> None:
    webhook = hook(named_only=True, events=["task.failed"])
    ended(TaskStatus.FAILED)
    task = ended(TaskStatus.FAILED, [webhook])

    assert [delivery.task for delivery in webhook.deliveries.all()] == [task.pk]


def test_a_webhook_of_a_schedule_hears_of_it_and_of_tasks_that_name_it() -> None:
    mine = uuid.uuid4()
    webhook = hook(schedules=[str(mine)])
    for schedule in (mine, uuid.uuid4(), None):
        announce(Event("schedule.missed", webhook.tenant_id, timezone.now(), "x", "Missed 3.", schedule=schedule))
    ended(TaskStatus.FAILED, [webhook])

    assert sorted(heard(webhook)) == ["schedule.missed", "task.created", "task.failed"]


def test_a_retry_tells_those_that_the_task_named() -> None:
    from prewarm import submit

    webhook = hook(named_only=True)
    assert submit._REPEATED[-1] == "webhooks"
    assert asked(webhooks=[str(webhook.pk)]).webhooks == [str(webhook.pk)]


def test_what_is_rolled_back_is_told_to_nobody() -> None:
    webhook = hook()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        asked()
        raise ZeroDivisionError

    assert not Task.objects.exists()
    assert heard(webhook) == []


def test_where_nobody_listens_it_costs_one_indexed_question() -> None:
    hook(tenant="rivals")
    task = asked()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        history.tell_paused(task, timezone.now(), "ada")

    about = [query["sql"] for query in queries if "webhooks_" in query["sql"]]
    assert len(about) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{about[0]}")
        assert "webhook_by_tenant" in str(cursor.fetchall()) or connection.vendor != "sqlite"


def test_a_line_of_history_that_nobody_is_told_of_costs_nothing() -> None:
    task = asked()
    with CaptureQueriesContext(connection) as queries:
        history.record(task, timezone.now(), "nodes_failed", "Failed on node-1.")

    assert [query for query in queries if "webhooks_" in query["sql"]] == []


def test_a_delivery_does_not_lock_its_webhook() -> None:
    field = Delivery._meta.get_field("webhook")
    assert field.db_constraint is False, "the check of a foreign key would wait for whoever writes the webhook"


class TestATaskNamesWebhooks:
    def test_one_of_another_tenant_is_told_like_one_that_is_not_there(self, as_otto) -> None:
        theirs = hook(tenant="rivals")

        def told(pk: object) -> list[dict[str, str]]:
            wish = {"images": ["nginx:1.27"], "all_nodes": True, "webhooks": [str(pk)]}
            answer = as_otto.post("/api/v1/tasks/", wish)
            assert answer.status_code == 422
            errors: list[dict[str, str]] = answer.json()["errors"]
            return errors

        assert told(theirs.pk) == told(uuid.uuid4())
        assert told(theirs.pk)[0]["pointer"] == "webhooks/0"

    def test_one_of_the_own_tenant_is_kept(self, as_otto) -> None:
        webhook = hook()
        wish = {"images": ["nginx:1.27"], "all_nodes": True, "webhooks": [str(webhook.pk)]}

        assert as_otto.post("/api/v1/tasks/", wish).status_code == 202
        assert Task.objects.get().webhooks == [str(webhook.pk)]
        assert as_otto.post("/api/v1/tasks/preview/", wish).status_code == 200
