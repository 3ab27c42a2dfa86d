"""`manage.py apikey`, as an operator types it."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts import key_check
from accounts.models import ApiKey, AuditEntry, Role
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(autouse=True)
def otto(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    key_check.forget_all()
    monkeypatch.setattr(key_check, "ROUNDS", 4)
    person("otto", Role.OPERATOR)


def run(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("apikey", *words, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def opens(key: str) -> int:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {key}").get("/api/v1/tasks/").status_code


def test_the_key_alone_is_printed_for_a_pipeline_to_take():
    key, told = run("create", "deploy", "--owner", "otto", "--scope", "tasks")

    assert opens(key) == 200
    assert "not shown again" in told
    assert AuditEntry.objects.get().actor.startswith("cli:")


def test_rotate_and_revoke_find_a_key_by_how_it_begins():
    old, _ = run("create", "deploy", "--owner", "otto")

    new, _ = run("rotate", old[:16])
    assert [opens(old), opens(new)] == [200, 200]

    said, _ = run("revoke", old[:16])
    assert "is revoked" in said
    assert [opens(old), opens(new)] == [401, 200]


def test_the_list_tells_keys_apart_and_shows_no_secret():
    key, _ = run("create", "deploy", "--owner", "otto")

    listed, _ = run("list")

    assert re.search(r"ips_\w{12}_…\w{4}  until \d{4}", listed)
    assert key not in listed
    assert key not in run("--json", "list")[0]
    assert json.loads(run("--json", "list")[0])[0]["owner"] == "otto"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["create", "x", "--owner", "nobody-here"], "There is no user"),
        (["create", "x", "--owner", "otto", "--tenant", "nothing"], "There is no tenant"),
        (["create", "x", "--owner", "otto", "--days", "400"], "--days"),
        (["create", "x", "--owner", "otto", "--scope", "manage"], "cannot do more than its owner"),
        (["revoke", "ips_nothing"], "There is no such key"),
        (["revoke", "no-uuid"], "There is no such key"),
    ],
)
def test_what_cannot_be_is_one_sentence(words, told):
    with pytest.raises(CommandError, match=told):
        run(*words)
    assert not ApiKey.objects.exists()
