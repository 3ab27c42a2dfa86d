"""Hooks are kept by whoever runs a tenant; their credentials are shown once; what they would do can be tried."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Tenant
from prewarm.models import Task
from tests.webhooks.inbound.pushes import event, push, registry_hook, tell, time_passes
from webhooks.models import Arrival, Gathering, HookRule, RegistryHook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
URL = "/api/v1/registry-hooks/"
RULE: dict[str, Any] = {"repositories": "team/**", "task": {"node_selector": "pool=web"}}
GOOD: dict[str, Any] = {"name": "Registry", "kind": "distribution", "rules": [RULE]}


def made(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(URL, GOOD | fields)
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_one_that_is_made_works_with_what_was_shown(as_ada: APIClient) -> None:
    body = made(as_ada)

    assert body["url"].endswith(f"/api/v1/hooks/{body['token']}/")
    assert tell({"events": [event()]}, body["secret"], token=body["token"]).json() == {"accepted": 1, "ignored": 0}


def test_token_and_secret_are_shown_once_and_kept_nowhere(as_ada: APIClient, as_otto: APIClient) -> None:
    headers = {"Idempotency-Key": "once"}
    body = as_ada.post(URL, GOOD, headers=headers).json()
    again = as_ada.post(URL, GOOD, headers=headers)
    rotated = as_ada.post(f"{URL}{body['id']}/rotate/", {"token": True}).json()

    assert (again.status_code, again.json()["code"]) == (409, "secret_was_shown")
    secrets = [body["token"], body["secret"], rotated["token"], rotated["secret"]]
    assert all(secrets) and len(set(secrets)) == 4
    seen = as_otto.get(URL).content + as_otto.get(f"{URL}{body['id']}/").content
    kept = str(list(RegistryHook.objects.values())) + str(list(AuditEntry.objects.values_list("before", "after")))
    for secret in secrets:
        assert secret.encode() not in seen
        assert secret not in kept
    assert AuditEntry.objects.filter(action="registry_hook.rotated").exists()


def test_what_is_rotated_goes_on_for_as_long_as_was_said(as_ada: APIClient) -> None:
    body = made(as_ada)
    fresh = as_ada.post(f"{URL}{body['id']}/rotate/", {"token": True, "overlap_hours": 1}).json()
    for token in (body["token"], fresh["token"]):
        for secret in (body["secret"], fresh["secret"]):
            assert tell({"events": []}, secret, token=token).status_code == 202

    as_ada.post(f"{URL}{body['id']}/rotate/", {"token": True, "overlap_hours": 0})
    assert tell({"events": []}, fresh["secret"], token=fresh["token"]).status_code == 404


def test_a_secret_alone_is_rotated_by_default(as_ada: APIClient) -> None:
    body = made(as_ada)
    fresh = as_ada.post(f"{URL}{body['id']}/rotate/", {}).json()

    assert (fresh["token"], fresh["url"]) == ("", "")
    assert tell({"events": []}, fresh["secret"], token=body["token"]).status_code == 202


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"registry": "https://registry.example.com"}, "registry"),
        ({"registry": "registry.example.com/team"}, "registry"),
        ({"registry": "team"}, "registry"),
        ({"token": "mine"}, "token"),
        ({"rules": [{"task": {"all_nodes": True}}]}, "rules/0/repositories"),
        ({"rules": [{**RULE, "repositories": "a//b"}]}, "rules/0/repositories"),
        ({"rules": [{**RULE, "repositories": "registry.example.com:5000/a"}]}, "rules/0/repositories"),
        ({"rules": [{**RULE, "tags": "a/b"}]}, "rules/0/tags"),
        ({"rules": [{**RULE, "debounce_seconds": -1}]}, "rules/0/debounce_seconds"),
        ({"rules": [{**RULE, "debounce_seconds": 3601}]}, "rules/0/debounce_seconds"),
        ({"rules": [{**RULE, "task": {}}]}, "rules/0/task/node_selector"),
        ({"rules": [{**RULE, "task": "all"}]}, "rules/0/task"),
        ({"rules": [{**RULE, "task": {"all_nodes": True, "images": ["nginx"]}}]}, "rules/0/task/images"),
        ({"rules": [{**RULE, "task": {"all_nodes": True, "node_names": ["a"]}}]}, "rules/0/task/all_nodes"),
        ({"rules": [{**RULE, "task": {"node_selector": "a=b=c"}}]}, "rules/0/task/node_selector"),
        ({"rules": [{**RULE, "task": {"all_nodes": True, "urgent": True}}]}, "rules/0/task/urgent"),
        ({"rules": [{**RULE, "task": {"all_nodes": True, "priority": 10}}]}, "rules/0/task/priority"),
        ({"rules": [{**RULE, "id": "11111111-1111-4111-8111-111111111111"}]}, "rules/0/id"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused_at_its_field(as_ada: APIClient, fields: dict[str, Any], pointer: str) -> None:
    Tenant.objects.update(max_priority=9)
    answer = as_ada.post(URL, GOOD | fields)

    assert answer.status_code == 422, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not RegistryHook.objects.exists()


def test_a_name_is_had_once_in_a_tenant(as_ada: APIClient) -> None:
    other = made(as_ada, name="Other")
    made(as_ada)

    for answer in (as_ada.post(URL, GOOD), as_ada.patch(f"{URL}{other['id']}/", {"name": "Registry"})):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "taken")


def test_rules_that_name_their_id_stay_and_the_others_go(as_ada: APIClient) -> None:
    body = made(as_ada, rules=[RULE, {**RULE, "name": "second"}])
    first, second = body["rules"]
    changed = as_ada.patch(f"{URL}{body['id']}/", {"rules": [{**second, "tags": "v*"}, RULE]}).json()

    assert changed["rules"][0] == {**second, "tags": "v*"}
    assert changed["rules"][1]["id"] not in (first["id"], second["id"])
    assert HookRule.objects.count() == 2
    entry = AuditEntry.objects.get(action="registry_hook.changed")
    assert entry.after["rules"][0]["tags"] == "v*"


def test_a_rule_of_another_hook_is_none(as_ada: APIClient) -> None:
    body, other = made(as_ada), made(as_ada, name="Other")
    answer = as_ada.patch(f"{URL}{body['id']}/", {"rules": other["rules"]})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["rules/0/id"]


def test_what_was_written_of_a_task_is_what_is_kept(as_ada: APIClient) -> None:
    form = {"node_selector": "pool=web", "batch_size": 5}

    assert made(as_ada, rules=[{**RULE, "task": form}])["rules"][0]["task"] == form


def test_a_tenant_has_only_so_many(as_ada: APIClient) -> None:
    for number in range(20):
        made(as_ada, name=f"Number {number}")
    answer = as_ada.post(URL, GOOD)

    assert (answer.status_code, answer.json()["code"]) == (409, "quota_exceeded")


def test_with_a_hook_goes_all_that_arrived(as_ada: APIClient) -> None:
    hook = registry_hook()
    push()
    assert as_ada.delete(f"{URL}{hook.pk}/").status_code == 204

    assert not (Arrival.objects.exists() or Gathering.objects.exists() or HookRule.objects.exists())


def test_arrivals_tell_what_was_made_of_them(as_otto: APIClient) -> None:
    hook = registry_hook()
    push("team/app:1.4", "others/app:1")
    time_passes()
    rows = as_otto.get(f"{URL}{hook.pk}/arrivals/").json()["results"]

    assert [(row["outcome"], row["reason"]) for row in rows] == [("ignored", "no_rule"), ("accepted", "")]
    (gathering,) = rows[1]["gatherings"]
    assert (gathering["status"], gathering["task"]) == ("fired", str(Task.objects.get().pk))
    found = as_otto.get(f"{URL}{hook.pk}/arrivals/", {"outcome": "accepted"}).json()["results"]
    assert [row["id"] for row in found] == [rows[1]["id"]]


class TestTrying:
    def tried(self, client: APIClient, hook: RegistryHook, payload: Any = None) -> Any:
        answer = client.post(f"{URL}{hook.pk}/try/", {} if payload is None else {"payload": payload})
        assert answer.status_code == 200, answer.content
        return answer.json()["events"]

    def test_an_example_of_its_kind_is_tried_where_none_is_given(self, as_ada: APIClient) -> None:
        for hook in (registry_hook(), registry_hook("harbor", name="Harbor", token_hash="x")):
            (one,) = self.tried(as_ada, hook)
            assert one["image"].endswith("/team/app:1.4")
            assert [(rule["matches"], rule["allowed"]) for rule in one["rules"]] == [(True, True)]

        assert not (Arrival.objects.exists() or Gathering.objects.exists() or Task.objects.exists())

    def test_each_event_and_each_rule_says_what_would_be(self, as_ada: APIClient) -> None:
        hook = registry_hook()
        Tenant.objects.update(denied_images=["registry.example.com/team/secret"])
        payload = {"events": [event("team/secret:1"), event("others/app:1"), event(action="pull")]}
        secret, other, pull = self.tried(as_ada, hook, payload)

        assert (secret["outcome"], secret["rules"][0]["allowed"]) == ("accepted", False)
        assert "denied" in secret["rules"][0]["message"]
        assert (other["outcome"], other["reason"]) == ("ignored", "no_rule")
        assert (pull["outcome"], pull["reason"], pull["rules"]) == ("ignored", "not_a_push", [])

    def test_what_is_not_understood_is_told_so(self, as_ada: APIClient) -> None:
        hook = registry_hook()
        answer = as_ada.post(f"{URL}{hook.pk}/try/", {"payload": {"type": "PUSH_ARTIFACT"}})

        assert [error["pointer"] for error in answer.json()["errors"]] == ["payload"]


def test_operators_see_hooks_and_viewers_do_not(as_otto: APIClient, as_vera: APIClient, as_mallory: APIClient) -> None:
    hook = registry_hook()

    assert [client.get(f"{URL}{hook.pk}/").status_code for client in (as_otto, as_vera, as_mallory)] == [200, 403, 404]
    assert as_otto.patch(f"{URL}{hook.pk}/", {"enabled": False}).status_code == 403
    assert as_otto.post(f"{URL}{hook.pk}/rotate/", {}).status_code == 403
