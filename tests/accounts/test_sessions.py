"""Where am I signed in, and out of there."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import Session
from tests.conftest import signed_in
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
SESSIONS, ME = "/api/v1/auth/sessions/", "/api/v1/auth/me/"


def test_one_sees_the_own_living_sessions_and_which_one_this_is(as_otto, as_vera):
    elsewhere = signed_in(as_otto.user)
    ended = signed_in(as_otto.user)
    Session.objects.latest("created_at")
    ended.post("/api/v1/auth/logout/")

    listed = as_otto.get(SESSIONS).data

    assert listed["count"] == 2
    assert [session["current"] for session in listed["results"]].count(True) == 1
    assert elsewhere.get(SESSIONS).data["count"] == 2


def test_ending_one_signs_that_place_out_at_once(as_otto):
    elsewhere = signed_in(as_otto.user)
    other = next(session for session in as_otto.get(SESSIONS).data["results"] if not session["current"])

    assert as_otto.delete(f"{SESSIONS}{other['id']}/").status_code == 204

    assert elsewhere.get(ME).status_code == 401
    assert as_otto.get(ME).status_code == 200


def test_somebody_elses_session_does_not_exist(as_otto, as_platform_admin):
    theirs = Session.objects.get(user=as_otto.user)

    foreign = as_platform_admin.delete(f"{SESSIONS}{theirs.pk}/")
    missing = as_platform_admin.delete(f"{SESSIONS}{uuid.uuid4()}/")

    assert foreign.status_code == 404
    assert {**foreign.data, "request_id": ""} == {**missing.data, "request_id": ""}
    assert as_otto.get(ME).status_code == 200


def test_a_user_who_is_deleted_is_signed_out(as_otto):
    person("otto").delete()

    assert as_otto.get(ME).status_code == 401
