"""Where am I signed in, and out of there."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import AuditEntry, Session
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


def test_one_signs_out_everywhere_but_here_and_nobody_else(as_otto, as_vera):
    elsewhere, again = signed_in(as_otto.user), signed_in(as_otto.user)

    assert as_otto.post(f"{SESSIONS}end-others/").status_code == 204

    assert [client.get(ME).status_code for client in (as_otto, elsewhere, again, as_vera)] == [200, 401, 401, 200]
    assert AuditEntry.objects.filter(action="session.ended", actor="otto").count() == 2


def test_a_platform_administrator_signs_somebody_out_everywhere(as_platform_admin, as_otto, as_vera):
    elsewhere = signed_in(as_otto.user)

    assert as_platform_admin.post(f"/api/v1/users/{as_otto.user.pk}/end-sessions/").status_code == 204

    clients = (as_otto, elsewhere, as_vera, as_platform_admin)
    assert [client.get(ME).status_code for client in clients] == [401, 401, 200, 200]
    ended = AuditEntry.objects.filter(action="session.ended")
    assert {(entry.actor, entry.before["user"]) for entry in ended} == {(as_platform_admin.user.username, "otto")}


def test_nobody_else_signs_others_out(as_otto, as_vera):
    assert as_vera.post(f"/api/v1/users/{as_otto.user.pk}/end-sessions/").status_code == 403

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
