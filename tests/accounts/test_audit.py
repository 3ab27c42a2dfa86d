"""The audit: admins read who changed what or was refused, and nobody changes it."""

from __future__ import annotations

import csv
import json
import uuid
from base64 import b64encode
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts import audit_export
from accounts.audit import audit
from accounts.models import AuditEntry, Role, Tenant, User
from tests.people import PASSWORD, person

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
        "outcome": "done",
        "code": "",
        "ip": None,
        "credential": "",
    }


def test_it_can_be_filtered_and_searched(as_platform_admin: APIClient, entries: None) -> None:
    def found(**query: str) -> list[str]:
        return [row["actor"] for row in as_platform_admin.get(URL, query).json()["results"]]

    assert found(action="tenant.made") == ["root"]
    assert found(search="PERSON1") == ["cli:person1"]
    assert found(actor="cli:person2") == ["cli:person2"]
    assert found(request_id="r0") == ["cli:person0"]
    assert found(outcome="refused") == found(until="2020-01-01") == found(since="2999-01-01T00:00:00Z") == []
    assert len(found(outcome="done", since="2020-01-01")) == 4
    for query in (
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+23:59"},
        {"outcome": "perhaps"},
        {"cursor": "x"},
        *({"cursor": b64encode(text).decode()} for text in (b"p=abc", b"p=%00", b"p=-1", b"p=" + b"9" * 5000)),
        {"page": "2"},
    ):
        assert as_platform_admin.get(URL, query).status_code == 400
    assert as_platform_admin.get(URL, {"who": "root"}).json()["code"] == "unknown_parameter"


def test_it_is_read_page_by_page_without_being_counted(as_platform_admin: APIClient, entries: None) -> None:
    first = as_platform_admin.get(URL, {"page_size": 3})
    second = as_platform_admin.get(first.json()["next"])

    assert [len(page.json()["results"]) for page in (first, second)] == [3, 1]
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert second["Link"].endswith('rel="prev"')


def test_admins_read_what_concerns_their_tenant_and_others_nothing(
    as_ada: APIClient, as_otto: APIClient, as_vera: APIClient, as_nobody: APIClient, entries: None
) -> None:
    default, rivals = (Tenant.objects.get_or_create(slug=slug)[0] for slug in ("default", "rivals"))
    for tenant in (default, rivals):
        audit("task.created", tenant.slug, user=None, actor="x", request_id="", tenant=tenant)

    assert [row["target"] for row in as_ada.get(URL).json()["results"]] == ["default"]
    assert as_ada.get(URL, {"tenant": "rivals"}).json()["results"] == []
    assert "rivals" not in b"".join(as_ada.get(f"{URL}export/").streaming_content).decode()
    for client in (as_otto, as_vera, as_nobody):
        assert client.get(URL).status_code == client.get(f"{URL}export/").status_code == 403


def test_signing_in_and_out_is_noted_and_so_is_a_wrong_password(anonymous: APIClient) -> None:
    person("otto", Role.OPERATOR)
    anonymous.post("/api/v1/auth/login/", {"username": "otto", "password": "wrong"}, REMOTE_ADDR="192.0.2.7")
    token = anonymous.post("/api/v1/auth/login/", {"username": "otto", "password": PASSWORD}).json()["token"]
    as_otto = APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")
    as_otto.post("/api/v1/auth/logout/")

    refused, opened, ended = AuditEntry.objects.order_by("id")
    assert (refused.action, refused.outcome, refused.code) == ("session.refused", "refused", "bad_credentials")
    assert (refused.actor, refused.user, refused.ip) == ("otto", None, "192.0.2.7")
    assert (opened.action, opened.actor, opened.outcome) == ("session.opened", "otto", "done")
    assert (ended.action, ended.target) == ("session.ended", opened.target)
    assert opened.credential == ended.credential == f"session {opened.target}"


def test_a_new_password_is_noted_but_not_which(as_otto: APIClient) -> None:
    wish = {"current": PASSWORD, "new": "another horse, another battery"}
    assert as_otto.post("/api/v1/auth/password/", wish).status_code == 204

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor) == ("user.password_set", "otto")
    assert "horse" not in str(AuditEntry.objects.values().get())


def test_a_write_that_is_not_allowed_is_noted_with_its_request_and_address(as_vera: APIClient) -> None:
    as_vera.get("/api/v1/users/")  # only looking
    as_vera.post("/api/v1/tasks/", {"images": ["nginx:1"]}, headers={"X-Request-ID": "r-17"}, REMOTE_ADDR="192.0.2.7")
    as_vera.post(f"/api/v1/tasks/{uuid.uuid4()}/cancel/")

    denied, unseen = AuditEntry.objects.order_by("id")
    assert (denied.action, denied.target, denied.actor) == ("request.refused", "POST /api/v1/tasks/", "vera")
    assert (denied.outcome, denied.code, denied.request_id) == ("refused", "role_too_low", "r-17")
    assert (denied.ip, denied.credential.partition(" ")[0]) == ("192.0.2.7", "session")
    assert (unseen.outcome, unseen.code) == ("refused", "not_found")


def test_what_an_api_key_does_names_the_key(as_ada: APIClient) -> None:
    made = as_ada.post("/api/v1/api-keys/", {"name": "ci", "scopes": ["read"]}).json()
    program = APIClient(HTTP_AUTHORIZATION=f"Bearer {made['key']}")
    program.post("/api/v1/tasks/", {"images": ["nginx:1"], "all_nodes": True})

    refused = AuditEntry.objects.filter(outcome="refused").get()
    assert refused.credential == f"key {made['starts_with'].split('_')[1]}"
    assert (refused.actor, refused.code) == ("ada (key ci)", "scope_too_small")
    assert refused.tenant and refused.tenant.slug == "default"


def test_it_is_only_added_to(entries: None) -> None:
    entry = AuditEntry.objects.all()[0]
    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete, AuditEntry.objects.all().update):
        with pytest.raises(TypeError):
            change()
    assert AuditEntry.objects.count() == 4


def test_what_is_named_like_a_secret_is_not_in_it() -> None:
    told = {"name": "ci", "hook": {"Secret": "s3cret", "urls": [{"token": "t0ken"}]}, "pull_secrets": ["regcred"]}
    audit("hook.changed", "ci", user=None, actor="x", request_id="", after=told)

    after = AuditEntry.objects.get().after
    assert after["hook"] == {"Secret": "(hidden)", "urls": [{"token": "(hidden)"}]}
    assert after["pull_secrets"] == ["regcred"]


@pytest.mark.parametrize("by", ["api", "command"])
def test_it_is_exported_whole(as_platform_admin: APIClient, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    monkeypatch.setattr(audit_export, "CHUNK", 3)
    for number in range(8):
        audit("settings.changed", f"=cmd{number}", user=None, actor="x", request_id="", after={"a": "ü,\n"})

    def told(kind: str) -> str:
        if by == "command":
            out = StringIO()
            call_command("audit", "export", "--as", kind, "--action", "settings.changed", stdout=out)
            return out.getvalue()
        answer = as_platform_admin.get(f"{URL}export/", {"as": kind, "action": "settings.changed"})
        assert answer["Content-Disposition"] == f'attachment; filename="ips-audit.{kind}"'
        return b"".join(answer.streaming_content).decode()

    lines = [json.loads(line) for line in told("jsonl").splitlines()]
    rows = list(csv.DictReader(StringIO(told("csv"))))
    assert [line["target"] for line in lines] == [f"=cmd{number}" for number in reversed(range(8))]
    assert [row["target"] for row in rows] == [f"'=cmd{number}" for number in reversed(range(8))]
    assert (lines[0]["after"], json.loads(rows[0]["after"])) == ({"a": "ü,\n"}, {"a": "ü,\n"})


def test_the_command_names_a_wrong_time() -> None:
    with pytest.raises(CommandError, match="--since is a time like"):
        call_command("audit", "export", "--since", "yesterday", stdout=StringIO())


def test_it_cannot_be_written(as_platform_admin: APIClient, entries: None) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(as_platform_admin, method)(URL, {}).status_code == 405


def test_it_outlives_the_account(as_platform_admin: APIClient) -> None:
    user = User.objects.get(username="root")
    audit("settings.changed", "settings", user=user, actor="root", request_id="")

    user.delete()

    assert [(row.actor, row.user) for row in AuditEntry.objects.all()] == [("root", None)]
