"""Policies in the API and at the terminal: made, read, changed, paused, checked, deleted."""

from __future__ import annotations

import json
import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Tenant
from prewarm.models import Policy, Task
from tests.prewarm.policies import ends, listing, nodes_with, policy_of, run
from tests.prewarm.rows import cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
POLICIES = "/api/v1/policies/"
WEB: dict[str, Any] = {"name": "web", "images": ["nginx:1.27"], "node_selector": "pool=web", "priority": 3}


def made(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(POLICIES, {**WEB, **fields})
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = answer.json()
    assert answer["Location"] == f"{POLICIES}{told['id']}/"
    return told


def refused(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_a_policy_is_made_by_an_operator_and_read_by_everybody_in_the_tenant(
    as_otto: APIClient, as_vera: APIClient, as_mallory: APIClient
) -> None:
    told = made(as_otto, task={"concurrency": 3, "pull_secrets": ["regcred"]})

    assert as_vera.get(f"{POLICIES}{told['id']}/").json() == told
    assert {name: told[name] for name in WEB} == WEB
    assert (told["state"], told["coverage"]["percent"], told["created_by"]) == ("new", None, "otto")
    assert told["task"] == {"concurrency": 3, "pull_secrets": ["regcred"]}
    assert as_vera.post(POLICIES, WEB).status_code == 403
    assert as_vera.post(f"{POLICIES}{told['id']}/pause/").status_code == 403
    assert as_mallory.get(f"{POLICIES}{told['id']}/").status_code == 404
    assert as_mallory.get(POLICIES).json()["count"] == 0


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"images": []}, ("images", "no_image")),
        ({"node_selector": ""}, ("node_selector", "no_target")),
        ({"all_nodes": True}, ("all_nodes", "ambiguous_target")),
        ({"node_selector": "a in ("}, ("node_selector", "invalid")),
        ({"images": ["Bad Image"]}, ("images/0", "invalid")),
        ({"image_lists": [str(uuid.uuid4())]}, ("image_lists/0", "not_found")),
        ({"settle_seconds": -1}, ("settle_seconds", "min_value")),
        ({"nodes_per_minute": 0}, ("nodes_per_minute", "min_value")),
        ({"task": {"concurrencies": 1}}, ("task/concurrencies", "unknown_field")),
        ({"task": {"webhooks": [str(uuid.uuid4())]}}, ("task/webhooks/0", "not_found")),
        ({"follow": {"namespaces": ["shop"]}}, ("follow/namespaces/0", "namespace_not_attached")),
        ({"follow": {"namespaces": []}}, ("follow/namespaces", "empty")),
        ({"follow": {"namespaces": ["Shop"]}}, ("follow/namespaces/0", "invalid_name")),
        ({"follow": {"namespaces": ["shop"], "kinds": ["Pod"]}}, ("follow/kinds/0", "invalid_choice")),
    ],
)
def test_what_cannot_be_kept_warm_is_refused_by_its_name(
    as_otto: APIClient, fields: dict[str, Any], error: tuple[str, str]
) -> None:
    assert refused(as_otto.post(POLICIES, {**WEB, **fields})) == [error]
    assert refused(as_otto.post(f"{POLICIES}preview/", {**WEB, **fields})) == [error]
    assert not Policy.objects.exists()


def test_the_tenants_rules_hold_for_its_policies(as_otto: APIClient) -> None:
    Tenant.objects.filter(slug="default").update(
        denied_images=["docker.io/library/redis"], max_priority=2, pull_secrets=[]
    )

    assert refused(as_otto.post(POLICIES, {**WEB, "images": ["redis:8"], "priority": 1})) == [
        ("images/0", "image_denied")
    ]
    assert refused(as_otto.post(POLICIES, WEB)) == [("priority", "above_max_priority")]
    wish = {**WEB, "priority": 1, "task": {"pull_secrets": ["admins"]}}
    assert refused(as_otto.post(POLICIES, wish)) == [("task/pull_secrets/0", "pull_secret_not_allowed")]


def test_a_name_is_one_policys_in_its_tenant(as_otto: APIClient, as_mallory: APIClient) -> None:
    made(as_otto)

    assert refused(as_otto.post(POLICIES, WEB)) == [("name", "taken")]
    made(as_mallory, tenant="rivals")


def test_a_change_names_what_it_changes_and_a_target_takes_the_place_of_the_one_before(as_otto: APIClient) -> None:
    told = made(as_otto)
    path = f"{POLICIES}{told['id']}/"

    changed = as_otto.patch(path, {"node_names": ["n1"], "settle_seconds": 5})

    assert changed.status_code == 200
    body = changed.json()
    assert (body["node_selector"], body["node_names"], body["settle_seconds"]) == ("", ["n1"], 5)
    assert refused(as_otto.patch(path, {"images": []})) == [("images", "no_image")]
    entry = AuditEntry.objects.get(action="policy.changed")
    assert entry.after == {"node_selector": "", "node_names": ["n1"], "settle_seconds": 5}


def test_nobody_overwrites_what_they_have_not_seen_and_a_pass_is_no_change(as_otto: APIClient) -> None:
    nodes_with()
    policy = policy_of()
    path = f"{POLICIES}{policy.pk}/"
    tag = as_otto.get(path)["ETag"]

    run(policy)

    answer = as_otto.patch(path, {"settle_seconds": 5}, headers={"If-Match": tag})
    assert answer.status_code == 200
    assert as_otto.patch(path, {"settle_seconds": 6}, headers={"If-Match": tag}).status_code == 412
    assert as_otto.patch(path, {"settle_seconds": 6}, headers={"If-Match": answer["ETag"]}).status_code == 200


def test_made_twice_with_one_key_there_is_one(as_otto: APIClient) -> None:
    answers = [as_otto.post(POLICIES, WEB, headers={"Idempotency-Key": "k"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Policy.objects.count() == 1


def test_paused_resumed_checked_deleted_each_with_a_line_in_the_audit(as_otto: APIClient) -> None:
    path = f"{POLICIES}{made(as_otto)['id']}/"
    Policy.objects.update(due_at="2030-01-01T00:00:00Z")

    assert as_otto.post(f"{path}pause/").json()["paused_at"]
    assert as_otto.post(f"{path}pause/").json()["code"] == "policy_paused"
    assert as_otto.post(f"{path}check/").json()["code"] == "policy_paused"
    assert as_otto.post(f"{path}resume/").json()["paused_at"] is None
    assert as_otto.post(f"{path}resume/").json()["code"] == "policy_runs"
    assert as_otto.post(f"{path}check/").status_code == 202
    assert Policy.objects.get().due_at <= timezone.now()
    assert as_otto.delete(path).status_code == 204
    told = AuditEntry.objects.filter(action__startswith="policy.").order_by("id").values_list("action", flat=True)
    assert list(told) == [f"policy.{verb}" for verb in ("created", "paused", "resumed", "checked", "deleted")]


def test_its_tasks_outlive_a_policy_that_is_deleted(as_otto: APIClient) -> None:
    nodes_with()
    policy = policy_of()
    task = run(policy)
    assert task

    assert as_otto.delete(f"{POLICIES}{policy.pk}/").status_code == 204
    task.refresh_from_db()
    assert (task.policy, task.trigger, task.cause) == (None, "policy", "policy web: nginx:1.27 wanted on 3 nodes")


def test_missing_tells_by_node_and_image_since_when_and_why(as_vera: APIClient) -> None:
    nodes_with("nginx:1.27", names=("n1",))
    cluster_of("n2", **listing())
    cluster_of("n3", **listing(), unschedulable=True)
    policy = policy_of()
    task = run(policy)
    assert task
    ends(task, "unauthorized")
    run(policy)

    answer = as_vera.get(f"{POLICIES}{policy.pk}/missing/").json()

    assert [one["node"] for one in answer["results"]] == ["n2", "n3"]
    pulled, cordoned = answer["results"]
    (image,) = pulled["images"]
    assert (image["image"], image["state"], image["reason"], image["tries"]) == (
        "nginx:1.27",
        "missing",
        "unauthorized",
        1,
    )
    assert image["since"] and image["again_at"] and image["hint"]
    assert (cordoned["blocked"], bool(cordoned["hint"])) == ("node_cordoned", True)
    found = as_vera.get(f"{POLICIES}{policy.pk}/missing/", {"search": "N3"}).json()["results"]
    assert [one["node"] for one in found] == ["n3"]


def test_a_preview_tells_what_would_be_covered_and_writes_nothing(as_otto: APIClient) -> None:
    nodes_with("nginx:1.27", names=("n1", "n2"))
    cluster_of("n3", **listing(cut=True))
    cluster_of("n4", **listing(), unschedulable=True)

    answer = as_otto.post(f"{POLICIES}preview/", {"images": ["nginx:1.27"], "all_nodes": True})

    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["coverage"] == {"percent": 50.0, "nodes": 4, "pairs": 4, "warm": 2, "missing": 1, "unknown": 1}
    assert told["images"] == [{"image": "nginx:1.27", "nodes": 4, "warm": 2, "missing": 1, "unknown": 1}]
    assert [(one["reason"], one["nodes"]) for one in told["blocked"]] == [("node_cordoned", 1)]
    assert not Policy.objects.exists() and not Task.objects.exists()


def test_lists_are_filtered_by_state_pause_and_words(as_otto: APIClient) -> None:
    nodes_with("nginx:1.27")
    run(policy_of(name="warm"))
    made(as_otto, name="cold", images=["redis:8"])
    as_otto.post(f"{POLICIES}{Policy.objects.get(name='cold').pk}/pause/")

    def names(**query: str) -> list[str]:
        return [one["name"] for one in as_otto.get(POLICIES, query).json()["results"]]

    assert names() == ["cold", "warm"]
    assert names(state="covered") == ["warm"] == names(paused="false")
    assert names(paused="true") == ["cold"] == names(search="REDIS")
    assert as_otto.get(POLICIES, {"sate": "new"}).status_code == 400


def test_at_the_terminal(as_otto: APIClient) -> None:
    nodes_with(names=("n1",))

    def typed(*words: str) -> str:
        out = StringIO()
        call_command("policy", *words, stdout=out)
        return out.getvalue()

    assert "There are no policies." in typed("list")
    assert "is made" in typed("create", "base", "nginx:1.27", "--all-nodes", "--settle-seconds", "0")
    run(Policy.objects.get())
    assert "default/base  gap  0 % of 1 on all nodes" in typed("list")
    shown = typed("show", "base")
    assert "n1" in shown and "nginx:1.27 (wanted)" in shown
    assert json.loads(typed("show", "base", "--json"))["not_covered"][0]["node"] == "n1"
    assert "is paused" in typed("pause", "base")
    assert "goes on" in typed("resume", "base")
    assert json.loads(typed("check", "base", "--json"))["name"] == "base"
    with pytest.raises(CommandError, match="already"):
        typed("create", "base", "nginx:1.27", "--all-nodes")
    with pytest.raises(CommandError, match="no policy"):
        typed("show", "other")
    assert "deleted" in typed("delete", "base")
    assert AuditEntry.objects.filter(action="policy.deleted", actor__startswith="cli:").exists()
