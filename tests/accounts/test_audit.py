"""The audit: platform administrators read who changed what, and nobody changes it."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.audit import audit
from accounts.models import AuditEntry, User

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
URL = "/api/v1/audit/"


@pytest.fixture
def entries(as_platform_admin: APIClient) -> None:
    for number in range(3):
        audit(
            "settings.changed",
            "settings",
            user=None,
            actor=f"cli:person{number}",
            request_id=f"r{number}",
            before={"cap": number},
            after={"cap": number + 1},
        )
    audit("tenant.made", "rivals", user=None, actor="root", request_id="")


def test_it_is_listed_newest_first(as_platform_admin: APIClient, entries: None) -> None:
    answer = as_platform_admin.get(URL).json()

    assert answer["count"] == 4
    assert [row["actor"] for row in answer["results"]] == ["root", "cli:person2", "cli:person1", "cli:person0"]
    assert answer["results"][1] | {"id": 0, "at": ""} == {
        "id": 0,
        "at": "",
        "actor": "cli:person2",
        "tenant": None,
        "action": "settings.changed",
        "target": "settings",
        "before": {"cap": 2},
        "after": {"cap": 3},
        "request_id": "r2",
    }


def test_it_can_be_filtered_and_searched(as_platform_admin: APIClient, entries: None) -> None:
    assert as_platform_admin.get(URL, {"action": "tenant.made"}).json()["count"] == 1
    assert as_platform_admin.get(URL, {"search": "PERSON1"}).json()["count"] == 1
    assert as_platform_admin.get(URL, {"who": "root"}).json()["code"] == "unknown_parameter"


def test_only_platform_administrators_read_it(as_ada: APIClient, as_otto: APIClient, as_vera: APIClient) -> None:
    for client in (as_ada, as_otto, as_vera):
        assert client.get(URL).status_code == 403


def test_it_cannot_be_written(as_platform_admin: APIClient, entries: None) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(as_platform_admin, method)(URL, {}).status_code == 405


def test_it_outlives_the_account(as_platform_admin: APIClient) -> None:
    user = User.objects.get(username="root")
    audit("settings.changed", "settings", user=user, actor="root", request_id="")

    user.delete()

    assert [(row.actor, row.user) for row in AuditEntry.objects.all()] == [("root", None)]
