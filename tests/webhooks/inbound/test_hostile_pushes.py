"""What registries, clocks and careless hands may do to hooks, and what holds all the same."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Tenant
from prewarm.models import Task
from tests.webhooks.inbound.pushes import DIGEST, event, harbor_push, push, registry_hook, tell, time_passes
from webhooks.inbound import gathering, pinning, receiving
from webhooks.inbound.kinds import KINDS
from webhooks.inbound.receiving import Sender
from webhooks.models import Arrival, Gathering, HookRule, PinState, RegistryHook, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
HUGE: Any = 10**400
YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    "tag", [f"1.4@{DIGEST}", "1.4/x", "1.4 ", "é", "1.4\u202e", "x" * 5000, "../../x", "-1"], ids=lambda tag: tag[:12]
)
def test_what_is_no_tag_makes_nothing(tag: str) -> None:
    registry_hook()

    answer = tell({"events": [event(target={"tag": tag})]})

    assert answer.json() == {"accepted": 0, "ignored": 1}
    assert Arrival.objects.get().reason == "not_an_image"


@pytest.mark.parametrize(
    "broken",
    [
        {"target": None},
        {"target": {"repository": {"a": ["b"]}}},
        {"target": {"repository": "team/" + "x" * 100_000}},
        {"target": {"digest": ["sha256"]}},
        {"id": {"x": 1}},
        {"id": "x" * 100_000},
        {"id": 7},
        {"timestamp": 1e308},
        {"timestamp": "0001-01-01T00:00:00+14:00"},
        {"timestamp": "9999-12-31T23:59:59-14:00"},
        {"timestamp": []},
        {"request": "registry.example.com"},
        {"request": {"host": "\u2603.example.com"}},
        {"request": {"host": "user:pass@registry.example.com"}},
        {"action": True},
    ],
    ids=lambda broken: str(broken)[:50],
)
def test_nonsense_in_an_event_is_written_down_and_breaks_nothing(broken: dict[str, Any]) -> None:
    registry_hook()
    one = event()
    one |= {
        name: {**one[name], **value} if isinstance(value, dict) and isinstance(one[name], dict) else value
        for name, value in broken.items()
    }

    answer = tell({"events": [one, event("team/good:1")]})

    assert answer.status_code == 202, answer.content
    assert Gathering.objects.filter(image__endswith="team/good:1").exists()


@pytest.mark.parametrize(
    "seconds", [HUGE, -HUGE, 1e400, -1, 2**62, True, "now", None, [1]], ids=lambda one: str(one)[:9]
)
def test_harbor_may_tell_any_time(seconds: Any) -> None:
    registry_hook("harbor", registry="harbor.example.com")
    body = json.dumps(harbor_push(occur_at=seconds)).replace("Infinity", "1e999")

    assert tell(body, content_type="application/json").status_code == 202


def test_ten_thousand_events_in_one_body_are_refused_at_once_and_leave_one_line() -> None:
    registry_hook()

    answer = tell({"events": [{}] * 10_000})

    assert (answer.status_code, Arrival.objects.count()) == (422, 1)


def test_a_rule_names_no_webhook_of_another_tenant(as_ada: APIClient) -> None:
    other = Tenant.objects.create(slug="other", name="other")
    theirs = Webhook.objects.create(tenant=other, name="theirs", kind="generic", url="https://chat.example.com/")
    rule = {"repositories": "team/**", "task": {"all_nodes": True, "webhooks": [str(theirs.pk)]}}

    answer = as_ada.post("/api/v1/registry-hooks/", {"name": "R", "kind": "distribution", "rules": [rule]})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["rules/0/task/webhooks/0"]


def test_a_push_while_the_clock_was_a_year_ahead_hides_no_later_one() -> None:
    registry_hook()
    push()
    time_passes()
    Gathering.objects.update(ended_at=timezone.now() + YEAR)

    push()

    assert time_passes() == 1


def test_one_that_breaks_holds_up_no_other() -> None:
    made = registry_hook()
    push("team/bad:1")
    HookRule.objects.create(hook=made, position=1, repositories="good/**", debounce_seconds=0, task={"all_nodes": True})
    push("good/app:1")
    HookRule.objects.filter(repositories="team/**").update(task="no form at all")

    for _ in range(2):
        gathering.fire_due(timezone.now())

    assert [task.images for task in Task.objects.all()] == [["registry.example.com/good/app:1"]]
    broken = Gathering.objects.get(image__contains="bad")
    assert broken.status == "waiting" and broken.due_at and broken.due_at > timezone.now()


def test_a_pin_that_cannot_be_read_holds_up_no_other() -> None:
    registry_hook(rule={"pin": True})
    for image in ("team/bad:1", "team/good:1"):
        push(image)
    time_passes()
    now = timezone.now()
    Task.objects.update(status="succeeded", finished_at=now - timedelta(days=1))
    Gathering.objects.update(look_at=now)
    Gathering.objects.filter(image__contains="bad").update(image="no image at all", look_at=now - timedelta(seconds=9))

    pinning.look_due(now)

    assert Gathering.objects.get(image__contains="good").pin == PinState.UNKNOWN


@pytest.mark.django_db(transaction=True)
def test_a_hook_that_is_deleted_while_it_hears_is_one_that_is_not_there() -> None:
    made = registry_hook()
    told = KINDS[made.kind].read({"events": [event()]})
    RegistryHook.objects.all().delete()

    with pytest.raises(Http404):
        receiving.receive(made, told, Sender())
    receiving.refuse(made, "bad_secret", Sender())
    assert not Arrival.objects.exists()


class TestQuotas:
    def put_off(self) -> Gathering:
        made = registry_hook()
        Tenant.objects.filter(pk=made.tenant_id).update(max_running_tasks=0)
        push()
        assert time_passes() == 0
        return Gathering.objects.get()

    def test_a_push_that_the_quota_refuses_is_tried_again_and_said(self) -> None:
        waiting = self.put_off()

        assert (waiting.status, waiting.code, waiting.task) == ("waiting", "quota_exceeded", None)
        assert "max_running_tasks" in waiting.message and "tried again" in waiting.message
        assert waiting.due_at and waiting.due_at > timezone.now()
        Tenant.objects.update(max_running_tasks=1)
        assert time_passes() == 1
        waiting.refresh_from_db()
        assert (waiting.status, waiting.code, waiting.message) == ("fired", "", "")
        assert waiting.task == Task.objects.get().pk

    def test_what_waits_for_room_takes_in_further_pushes_of_the_tag(self) -> None:
        self.put_off()
        push(target={"digest": f"sha256:{'c' * 64}"})

        waiting = Gathering.objects.get()
        assert (waiting.pushes, waiting.digest[7]) == (2, "c")

    def test_after_a_day_it_is_refused_and_says_how_to_have_it_all_the_same(self) -> None:
        self.put_off()
        Gathering.objects.update(since=timezone.now() - timedelta(hours=25))

        assert time_passes() == 1
        refused = Gathering.objects.get()
        assert (refused.status, refused.code, refused.due_at) == ("refused", "quota_exceeded", None)
        assert "ush the tag again" in refused.message

    def test_a_later_push_after_a_refusal_is_no_replay(self) -> None:
        self.put_off()
        Gathering.objects.update(since=timezone.now() - timedelta(hours=25))
        time_passes()
        Tenant.objects.update(max_running_tasks=None)

        push()

        assert time_passes() == 1
        assert Task.objects.count() == 1


def test_a_push_is_pulled_even_where_the_tag_is_there_already() -> None:
    """What a node has under a tag that was just pushed may be what it stood for before."""
    registry_hook()
    push()
    time_passes()

    assert Task.objects.get().pull_policy == "Always"


def test_a_rule_may_say_that_what_is_there_is_enough() -> None:
    registry_hook(rule={"task": {"all_nodes": True, "pull_policy": "IfNotPresent"}})
    push()
    time_passes()

    assert Task.objects.get().pull_policy == "IfNotPresent"
