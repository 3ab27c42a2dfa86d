"""What registries tell is believed or not, written down, and makes at most one task."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts import request_rate
from prewarm.models import Task
from tests.webhooks.inbound.pushes import (
    ENVELOPE,
    REGISTRY,
    SECRET,
    TOKEN,
    event,
    harbor_push,
    push,
    registry_hook,
    tell,
    time_passes,
)
from webhooks.inbound.credentials import hashed
from webhooks.models import Arrival, Gathering, RegistryHook

BASIC = base64.b64encode(f"ips:{SECRET}".encode()).decode()
pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def log() -> list[tuple[str, str, int]]:
    return [(one.outcome, one.reason, one.times) for one in Arrival.objects.order_by("id")]


def test_a_push_becomes_a_task_that_says_why_it_is_there() -> None:
    registry_hook()
    push("team/app:1.4")
    assert time_passes() == 1

    task = Task.objects.get()
    assert task.images == [f"{REGISTRY}/team/app:1.4"]
    assert (task.trigger, task.all_nodes, task.tenant.slug) == ("hook", True, "default")
    assert task.cause == f"push of team/app:1.4 to registry {REGISTRY}"
    assert task.actor == "hook Registry"
    assert log() == [("accepted", "", 1)]


def test_the_registrys_own_name_for_its_body_is_understood() -> None:
    registry_hook()
    body = json.dumps({"events": [event()]})

    assert tell(body, content_type=ENVELOPE).status_code == 202
    assert Gathering.objects.count() == 1


def test_harbor_is_understood() -> None:
    registry_hook("harbor")
    assert tell(harbor_push()).json() == {"accepted": 1, "ignored": 0}
    time_passes()

    assert Task.objects.get().images == ["harbor.example.com/team/app:1.4"]


@pytest.mark.parametrize(
    "cloud_event",
    [
        {
            "specversion": "1.0",
            "id": "4b2f89a6-548d-4c12-9993-a1f5790b97d2",
            "type": "harbor.artifact.pushed",
            "data": {
                "resources": [{"digest": "sha256:x", "tag": "1.4", "resource_url": "harbor.example.com/team/app:1.4"}],
                "repository": {"repo_full_name": "team/app"},
            },
        }
    ],
)
def test_harbors_cloud_events_are_understood(cloud_event: dict[str, Any]) -> None:
    registry_hook("harbor")

    assert tell(cloud_event).json() == {"accepted": 1, "ignored": 0}
    assert tell(cloud_event).json() == {"accepted": 0, "ignored": 1}


def test_a_hook_knows_the_name_that_workloads_use() -> None:
    registry_hook(registry="mirror.example.com:5000")
    push()
    time_passes()

    assert Task.objects.get().images == ["mirror.example.com:5000/team/app:1.4"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (event(action="pull"), "not_a_push"),
        (event(action="mount"), "not_a_push"),
        (event(action="delete"), "not_a_push"),
        (event(target={"mediaType": "application/octet-stream"}), "not_a_manifest"),
        (event(target={"mediaType": "application/vnd.cncf.helm.config.v1+json"}), "not_a_manifest"),
        (event("team/app"), "no_tag"),
        (event("others/app:1"), "no_rule"),
        (event(timestamp="2020-01-01T00:00:00Z"), "too_old"),
        (event(request={"host": "not a host"}), "not_an_image"),
        (event(request={"host": "evil.example.com/team"}), "not_an_image"),
        (event("Team/App:1"), "not_an_image"),
        ("nonsense", "not_a_push"),
        ({}, "not_a_push"),
        ({"action": ["push"], "target": "x"}, "not_a_push"),
    ],
    ids=str,
)
def test_what_nothing_follows_from_is_ignored_and_why(told: Any, reason: str) -> None:
    registry_hook()
    answer = tell({"events": [told]})

    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "ignored": 1})
    assert log() == [("ignored", reason, 1)]
    assert Arrival.objects.get().message
    assert not Gathering.objects.exists()


def test_of_many_pulls_a_minute_one_line_tells() -> None:
    registry_hook()
    for _ in range(3):
        tell({"events": [event(action="pull"), event(action="pull")]})

    assert sum(times for _, _, times in log()) == 6
    assert len(log()) <= 2  # a minute may have ended meanwhile


def test_a_body_has_several_events() -> None:
    registry_hook()
    told = [event("team/app:1"), event(action="pull"), event("team/app:2"), event("team/app")]

    assert tell({"events": told}).json() == {"accepted": 2, "ignored": 2}
    assert time_passes() == 2


def test_harbor_tells_of_other_things_too() -> None:
    registry_hook("harbor")

    assert tell(harbor_push(type="SCANNING_COMPLETED")).json()["ignored"] == 1
    assert tell(harbor_push(event_data={"resources": [{"tag": "sha256:x"}]})).json()["ignored"] == 1


@pytest.mark.parametrize("body", [[], "text", {}, {"events": "all"}, {"type": "PUSH_ARTIFACT"}, 5])
def test_what_is_of_another_kind_is_refused_in_words(body: Any) -> None:
    registry_hook()
    answer = tell(json.dumps(body), content_type="application/json")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_understood")
    assert log() == [("refused", "not_understood", 1)]


def test_what_is_no_json_is_refused_in_words() -> None:
    registry_hook()

    assert tell("{", content_type=ENVELOPE).status_code == 400
    assert log() == [("refused", "not_understood", 1)]


def test_too_many_events_at_once_are_refused() -> None:
    registry_hook()

    assert tell({"events": [{}] * 501}).status_code == 422


def test_a_disabled_hook_ignores_everything() -> None:
    registry_hook(enabled=False)
    push()

    assert log() == [("ignored", "hook_disabled", 1)]


class TestBeingBelieved:
    @pytest.mark.parametrize(
        "authorization",
        [
            SECRET,
            f"Bearer {SECRET}",
            f"bearer  {SECRET}",
            f"Basic {BASIC}",
        ],
    )
    def test_the_secret_comes_as_registries_send_it(self, authorization: str) -> None:
        registry_hook()

        assert tell({"events": []}, authorization).status_code == 202

    @pytest.mark.parametrize(
        "authorization", ["", "Bearer", "Bearer x", f"Bearer {SECRET}x", "Basic !", "Basic eA==", "\xff", "x" * 5000]
    )
    def test_without_it_nothing_is_believed(self, authorization: str) -> None:
        registry_hook()
        answer = tell({"events": [event()]}, authorization)

        assert (answer.status_code, answer.json()["code"]) == (401, "bad_secret")
        assert log() == [("refused", "bad_secret", 1)]
        assert not Gathering.objects.exists()

    def test_an_unknown_token_is_answered_like_any_missing_thing(self, anonymous: Any) -> None:
        registry_hook()
        headers = {"X-Request-ID": "the-same"}
        unknown = tell({"events": [event()]}, token="hook_other")
        elsewhere = anonymous.post("/api/v1/nothing/", {}, headers=headers)

        assert unknown.status_code == elsewhere.status_code == 404
        assert {**unknown.json(), "request_id": ""} == {**elsewhere.json(), "request_id": ""}
        assert not Arrival.objects.exists()

    @pytest.mark.parametrize("token", ["é", "x" * 4000, "%00", "hook_"])
    def test_no_token_is_too_strange(self, token: str) -> None:
        assert tell({"events": []}, token=token).status_code == 404

    def test_an_old_token_and_an_old_secret_go_on_for_a_while(self) -> None:
        until = timezone.now() + timedelta(hours=1)
        made = registry_hook(
            old_token_hash=hashed("old-token"),
            old_token_until=until,
            old_secret_hash=hashed("old-secret"),
            old_secret_until=until,
        )
        assert tell({"events": []}, "old-secret", token="old-token").status_code == 202

        past = timezone.now() - timedelta(seconds=1)
        RegistryHook.objects.filter(pk=made.pk).update(old_token_until=past, old_secret_until=past)
        assert tell({"events": []}, "old-secret").status_code == 401
        assert tell({"events": []}, token="old-token").status_code == 404


class TestTooOften:
    @pytest.fixture(autouse=True)
    def few(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.HOOK_REQUESTS_PER_MINUTE = 2
        monkeypatch.setattr(request_rate, "_counts", request_rate._Counts())

    def test_it_is_said_when_to_come_again(self) -> None:
        registry_hook()
        answers = [tell({"events": [event()]}) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert 1 <= int(answers[-1]["Retry-After"]) <= 60
        assert log()[-1] == ("refused", "too_often", 1)

    def test_who_has_no_secret_keeps_nobody_else_out(self) -> None:
        registry_hook()
        strangers = [tell({}, "Bearer wrong").status_code for _ in range(4)]

        assert strangers == [401, 401, 429, 429]
        assert tell({"events": [event()]}).status_code == 202


class TestReplay:
    def test_the_same_event_makes_nothing_twice(self) -> None:
        registry_hook()
        body = {"events": [event()]}
        assert tell(body).json() == {"accepted": 1, "ignored": 0}
        time_passes()

        assert tell(body).json() == {"accepted": 0, "ignored": 1}
        assert time_passes() == 0
        assert log() == [("accepted", "", 1), ("ignored", "heard_before", 1)]

    def test_the_same_of_harbor_which_has_no_ids_makes_nothing_twice(self) -> None:
        registry_hook("harbor")
        body = harbor_push()
        tell(body)
        time_passes()

        assert tell(body).json() == {"accepted": 0, "ignored": 1}

    def test_the_same_content_again_a_moment_later_makes_no_task(self) -> None:
        registry_hook()
        push()
        time_passes()
        push()

        assert time_passes() == 0
        assert log()[-1] == ("ignored", "same_digest", 1)

    def test_and_later_it_does(self) -> None:
        registry_hook()
        push()
        time_passes()
        Gathering.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
        push()

        assert time_passes() == 1

    def test_a_tag_that_is_moved_back_makes_a_task(self) -> None:
        registry_hook()
        for digest in ("a", "b", "a"):
            push(target={"digest": f"sha256:{digest * 64}"})
            assert time_passes() == 1

    def test_two_hooks_do_not_know_each_others_events(self) -> None:
        registry_hook()
        registry_hook(tenant="rivals", token_hash=hashed("theirs"))
        body = {"events": [event()]}

        assert tell(body).json()["accepted"] == 1
        assert tell(body, token="theirs").json()["accepted"] == 1


class TestSecrecy:
    def test_the_token_is_in_no_log(self, caplog: pytest.LogCaptureFixture) -> None:
        from ips.logs import JsonFormatter, TextFormatter

        caplog.set_level("DEBUG")
        registry_hook()
        push()
        tell({}, "Bearer wrong")
        tell({}, token="hook_an-unknown-0ne")
        logged = "".join(form().format(record) for record in caplog.records for form in (JsonFormatter, TextFormatter))

        assert "/api/v1/hooks/***/" in logged
        for secret in (TOKEN, SECRET, "an-unknown-0ne"):
            assert secret not in logged
