"""Who asks without end is asked to wait; nobody else notices."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts import request_rate
from accounts.models import AuditEntry

pytestmark = pytest.mark.django_db
ME = "/api/v1/auth/me/"


@pytest.fixture(autouse=True)
def three_a_minute(settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 3


def test_the_fourth_request_of_a_minute_is_refused_and_says_when_to_come_back(
    as_otto: APIClient, as_vera: APIClient
) -> None:
    answers = [as_otto.get(ME) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "throttled"
    assert 0 < int(answers[3]["Retry-After"]) <= 60
    assert as_vera.get(ME).status_code == 200


def test_what_is_refused_counts_too_and_fills_no_audit(as_vera: APIClient) -> None:
    wish = {"images": ["nginx:1"], "all_nodes": True}
    answers = [as_vera.post("/api/v1/tasks/", wish) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
    assert answers[0]["RateLimit"].startswith('"default";r=2')
    assert AuditEntry.objects.filter(outcome="refused").count() == 3


def test_every_answer_says_what_is_left(as_otto: APIClient) -> None:
    left = [as_otto.get(ME)["RateLimit"].partition(";t=")[0] for _ in range(4)]

    assert left == ['"default";r=2', '"default";r=1', '"default";r=0', '"default";r=0']
    assert as_otto.get(ME)["RateLimit-Policy"] == '"default";q=3;w=60'


def test_the_next_minute_is_a_new_one(as_otto: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        as_otto.get(ME)
    later = request_rate.time.monotonic() + 60
    monkeypatch.setattr(request_rate.time, "monotonic", lambda: later)

    assert as_otto.get(ME)["RateLimit"] == '"default";r=2;t=60'


def test_zero_means_any_number(as_otto: APIClient, settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 0
    answers = [as_otto.get(ME) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]


def test_who_is_not_signed_in_is_told_so_and_not_counted(anonymous: APIClient) -> None:
    assert {anonymous.get(ME).status_code for _ in range(5)} == {401}


def test_only_so_many_credentials_are_remembered(as_otto: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_rate, "REMEMBERED", 1)
    counts = request_rate._Counts()
    assert [counts.count(who, 3).left for who in ("a", "b", "a", "a")] == [2, 2, 2, 1]
