"""The first platform administrator."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import Role, User
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def bootstrap() -> dict[str, str] | None:
    out = StringIO()
    call_command("bootstrap", "--json", stdout=out)
    made: dict[str, str] | None = json.loads(out.getvalue())
    return made


def test_it_makes_one_who_can_sign_in_and_may_do_everything(anonymous):
    made = bootstrap()

    assert made is not None
    answer = anonymous.post("/api/v1/auth/login/", made)
    assert answer.data["user"]["is_platform_admin"]
    assert [(one["tenant"], one["role"]) for one in answer.data["user"]["memberships"]] == [("default", Role.ADMIN)]
    assert "settings.manage" in answer.data["user"]["may"]


def test_a_second_time_it_does_nothing():
    bootstrap()

    assert bootstrap() is None
    assert User.objects.count() == 1


def test_a_user_of_that_name_stays_who_they_are():
    person("admin", Role.VIEWER)

    made = bootstrap()

    assert made is not None and made["username"] == "admin1"
    assert not User.objects.get(username="admin").is_platform_admin


def test_the_password_is_stored_nowhere_in_clear():
    made = bootstrap()

    assert made is not None
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert made["password"] not in repr(cursor.fetchall())


def test_it_is_told_once_to_a_person(capsys):
    call_command("bootstrap")
    first = capsys.readouterr().out
    call_command("bootstrap")

    assert "Password: " in first
    assert "Password" not in capsys.readouterr().out
