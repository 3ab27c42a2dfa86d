"""Policies tell how they fare: once when it changes, in every kind of webhook."""

from __future__ import annotations

import json

import pytest
from pytest_django import Settings

from tests.prewarm.policies import ends, long_ago, nodes_with, now_lists, policy_of, run
from tests.webhooks.rows import hook
from webhooks.letters import compose
from webhooks.models import Delivery, Webhook

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def heard(webhook: Webhook) -> list[str]:
    return list(webhook.deliveries.order_by("created_at", "id").values_list("event", flat=True))


def test_a_policy_that_begins_has_a_gap_then_covers_and_later_loses(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://ips.example.com"
    webhook = hook()
    nodes_with()
    policy = policy_of()
    task = run(policy)
    assert task
    run(policy)
    ends(task)
    for name in ("n1", "n2", "n3"):
        now_lists(name, "nginx:1.27")
    run(policy)
    run(policy)
    long_ago(task, 3600)
    now_lists("n1")
    run(policy)

    told = [event for event in heard(webhook) if event.startswith("policy.")]
    assert sorted(told) == ["policy.covered", "policy.gap", "policy.gap"]
    covered = Delivery.objects.get(event="policy.covered")
    assert covered.text == "Policy web: all its images are on 3 nodes."
    assert (covered.facts["name"], covered.facts["warm"], covered.facts["missing"]) == ("web", 3, 0)
    body = json.loads(compose(covered, 1))
    assert body["data"]["link"] == f"https://ips.example.com/policies/{policy.pk}"


def test_who_wants_failures_only_hears_of_what_cannot_be_mended(settings: Settings) -> None:
    settings.POLICY_RETRY_SECONDS = 0
    webhook = hook(only_failures=True)
    nodes_with(names=("n1",))
    policy = policy_of()
    for _ in range(3):
        task = run(policy)
        assert task
        ends(task, "unauthorized")
    run(policy)

    told = [event for event in heard(webhook) if event.startswith("policy.")]
    assert told == ["policy.cannot"]
    text = Delivery.objects.get(event="policy.cannot").text
    assert "the registry refused the credentials" in text


def test_another_tenants_webhook_hears_nothing_of_it() -> None:
    webhook = hook(tenant="rivals")
    nodes_with("nginx:1.27")
    run(policy_of())

    assert heard(webhook) == []
