"""Changing the own password."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import get_hasher, identify_hasher, make_password

from accounts import views
from accounts.audit import By
from accounts.models import User
from accounts.passwords import random_password
from accounts.reset_links import make_link, use_link
from tests.conftest import signed_in
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
CHANGE, ME = "/api/v1/auth/password/", "/api/v1/auth/me/"
NEW = "a longer wire with no staple"


def test_the_new_password_signs_in_and_the_old_one_does_not(as_otto, anonymous):
    assert as_otto.post(CHANGE, {"current": PASSWORD, "new": NEW}).status_code == 204

    login = "/api/v1/auth/login/"
    assert anonymous.post(login, {"username": "otto", "password": NEW}).status_code == 200
    assert anonymous.post(login, {"username": "otto", "password": PASSWORD}).status_code == 401


def test_it_ends_all_other_sessions(as_otto):
    elsewhere = signed_in(as_otto.user)

    as_otto.post(CHANGE, {"current": PASSWORD, "new": NEW})

    assert elsewhere.get(ME).status_code == 401
    assert as_otto.get(ME).status_code == 200


def test_it_needs_the_current_one(as_otto):
    refused = as_otto.post(CHANGE, {"current": "wrong", "new": NEW})

    assert refused.status_code == 422
    assert refused.data["errors"][0]["pointer"] == "current"


def test_who_stole_a_session_cannot_guess_the_password_with_it(as_otto):
    answers = [as_otto.post(CHANGE, {"current": f"wrong{n}", "new": NEW}).status_code for n in range(6)]

    assert answers == [422] * 5 + [429]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("short", "password_too_short"),
        ("p" * 129, "max_length"),
        ("password1234", "password_too_common"),
        ("otto-otto-otto", "password_too_similar"),
    ],
)
def test_a_bad_one_is_refused_with_the_reason(as_otto, bad, code):
    as_otto.user.username = "otto-otto-otto"
    as_otto.user.save()

    refused = as_otto.post(CHANGE, {"current": PASSWORD, "new": bad})

    assert refused.status_code == 422
    assert refused.data["errors"][0]["pointer"] == "new"
    assert refused.data["errors"][0]["code"] == code


def test_passwords_are_kept_as_bcrypt_that_reads_all_of_them(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
    hasher = get_hasher()
    hasher.rounds = 4
    long = "\N{CJK UNIFIED IDEOGRAPH-5BC6}" * 100

    kept = make_password(long, hasher=hasher)

    assert identify_hasher(kept).algorithm == "bcrypt_sha256"
    assert User(password=kept).check_password(long)
    assert not User(password=kept).check_password(long[:-1])


def test_a_random_password_is_long_and_never_the_same():
    passwords = {random_password() for _ in range(100)}

    assert len(passwords) == 100
    assert all(len(password.replace("-", "")) == 20 for password in passwords)


def test_who_knows_the_old_one_does_not_undo_a_reset_that_came_in_between(as_otto, anonymous, monkeypatch):
    """The old password was proven; while the new one is hashed, the owner sets another by a link."""
    really = views.check_password

    def late(password: str, user: User, pointer: str) -> None:
        really(password, user, pointer=pointer)
        _, path = make_link(as_otto.user, By(None, "cli:test"))
        use_link(path.partition("#")[2], "what only the owner knows")

    monkeypatch.setattr(views, "check_password", late)
    answer = as_otto.post(CHANGE, {"current": PASSWORD, "new": NEW})

    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    otto = User.objects.get(username="otto")
    assert otto.check_password("what only the owner knows")
    assert as_otto.get(ME).status_code == 401
