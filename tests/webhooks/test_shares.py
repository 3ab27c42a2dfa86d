"""No tenant's silent receivers keep those of others waiting; one place counts once, however it is written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from tests.webhooks.rows import hook, told
from webhooks import claims
from webhooks.attempt import check_host
from webhooks.kinds import KINDS
from webhooks.models import Pace
from webhooks.pacing import place_of, take

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def due(tenant: str, number: int) -> None:
    for _ in range(number):
        told(hook(tenant=tenant))


def test_where_there_is_one_tenant_it_has_all_places() -> None:
    due("default", 10)

    assert len(claims.claim_due("one", 8)) == 8


def test_where_there_are_others_it_leaves_room_for_them() -> None:
    hook(tenant="rivals")
    due("default", 10)
    taken = claims.claim_due("one", 8)
    assert len(taken) == 4

    due("rivals", 10)
    busy = Counter(claim.webhook.tenant_id for claim in taken)
    more = claims.claim_due("one", 8 - len(taken), busy)
    assert {claim.webhook.tenant_id for claim in more} != set(busy)
    assert 1 <= len(more) <= 4


def test_everybody_gets_at_least_one() -> None:
    for number in range(5):
        due(f"team-{number}", 3)

    assert len(claims.claim_due("one", 4)) == 4


@pytest.mark.parametrize(
    "other",
    [
        "https://OAPI.dingtalk.com/robot/send?access_token=abc",
        "https://oapi.dingtalk.com./robot/send?access_token=abc",
        "https://oapi.dingtalk.com:443/robot/send?access_token=abc",
        "https://oapi.dingtalk.com/robot/send?x=1&access_token=abc",
        "https://oapi.dingtalk.com/robot//send?access_token=abc&y=2",
        "https://oapi.dingtalk.com/robot/send?access_token=%61bc",
    ],
)
def test_a_robot_counts_once_however_its_address_is_written(other: str) -> None:
    now = datetime.now(UTC)
    assert take("https://oapi.dingtalk.com/robot/send?access_token=abc", 2, now).left == 1

    assert take(other, 2, now).left == 0
    assert Pace.objects.count() == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://[2001:db8::1]:8080/x", "http://[2001:0DB8:0:0::0001]:8080/x", True),
        ("http://hear.example/x", "http://hear.example:80/x", True),
        ("http://hear.example/x", "http://hear.example/y", False),
        ("http://hear.example/?access_token=a", "http://hear.example/?access_token=b", False),
        ("not an address", "not an address", True),
    ],
)
def test_other_places_count_by_what_they_are(one: str, other: str, same: bool) -> None:
    assert (place_of(one) == place_of(other)) == same


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("slack", "http://hooks.slack.com/services/x"),
        ("dingtalk", "http://oapi.dingtalk.com/robot/send?access_token=x"),
        ("dingtalk", "http://oapi.dingtalk.com.:80/robot/send?access_token=x"),
    ],
)
def test_chats_are_told_by_https_only(as_ada, settings: Settings, kind: str, url: str) -> None:
    answer = as_ada.post("/api/v1/webhooks/", {"name": "Ops", "kind": kind, "url": url})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "url")
    check_host(KINDS[kind], url.replace("http:", "https:").replace(":80", ""))
