"""`manage.py user` and `manage.py tenant`, as an operator types them."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import AuditEntry, Membership, Tenant, User
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_a_user_is_made_and_sets_the_password_where_the_printed_path_leads():
    path = run("user", "create", "pat", "--role", "operator")

    answer = APIClient().post(
        "/api/v1/auth/reset-password/", {"token": path.partition("#")[2], "new": "a long enough password"}
    )
    assert answer.status_code == 204
    assert Membership.objects.get(user__username="pat").role == "operator"
    assert AuditEntry.objects.first().actor.startswith("cli:") or AuditEntry.objects.last().actor.startswith("cli:")


def test_a_user_is_disabled_and_enabled_again():
    person("pat")

    assert run("user", "disable", "pat") == "pat is disabled and signed out."
    assert not User.objects.get(username="pat").is_active
    assert run("user", "enable", "pat") == "pat may sign in."


def test_the_list_says_who_may_do_what():
    run("user", "create", "root", "--platform-admin")
    run("user", "create", "pat", "--tenant", "default")

    assert run("user", "list").splitlines() == [
        "pat                       viewer in default",
        "root                      platform administrator",
    ]
    assert json.loads(run("user", "--json", "list"))[0]["roles"] == {"default": "viewer"}


def test_a_tenant_is_made_changed_joined_and_left():
    person("pat")
    run("tenant", "create", "gpu", "--name", "GPU people", "--max-priority", "7")

    assert run("tenant", "join", "gpu", "pat", "--role", "admin") == "gpu: GPU people, priority up to 7; pat (admin)"
    assert run("tenant", "set", "gpu", "--max-priority", "3") == "gpu: GPU people, priority up to 3; pat (admin)"
    assert run("tenant", "leave", "gpu", "pat") == "gpu: GPU people, priority up to 3; no members"
    assert Tenant.objects.get(slug="gpu").max_priority == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["user", "create", "a b"], "valid username"),
        (["user", "create", "pat", "--tenant", "nothing"], "There is no tenant"),
        (["user", "disable", "who"], "There is no user"),
        (["tenant", "create", "a b"], "A slug has"),
        (["tenant", "create", "default"], "already"),
        (["tenant", "set", "nothing"], "There is no tenant"),
        (["tenant", "join", "default", "who"], "There is no user"),
    ],
)
def test_what_cannot_be_is_one_sentence(words, told):
    with pytest.raises(CommandError, match=told):
        run(*words)
    assert not User.objects.filter(username="pat").exists()
