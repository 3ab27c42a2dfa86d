"""Users as a platform administrator makes, changes and disables them; nobody learns anybody's password."""

from __future__ import annotations

import uuid
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import people
from accounts.audit import By
from accounts.models import AuditEntry, ResetLink, Role, User
from accounts.reset_links import make_link
from ips.problems import Conflict, Invalid
from tests.conftest import signed_in
from tests.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
USERS, RESET, LOGIN, ME = "/api/v1/users/", "/api/v1/auth/reset-password/", "/api/v1/auth/login/", "/api/v1/auth/me/"
NEW = "another horse, another battery"
CLI = By(None, "cli:test")


def made(root: APIClient, username: str = "pat", **wish: Any) -> dict[str, Any]:
    answer = root.post(USERS, {"username": username, **wish})
    assert answer.status_code == 201, answer.data
    return dict(answer.data)


def sets_password(url: str, new: str = NEW) -> Any:
    return APIClient().post(RESET, {"token": url.partition("#")[2], "new": new})


def signs_in(username: str, password: str) -> int:
    return APIClient().post(LOGIN, {"username": username, "password": password}).status_code


def test_a_new_user_sets_the_first_password_by_a_link_that_opens_once(as_platform_admin):
    pat = made(as_platform_admin)
    assert signs_in("pat", PASSWORD) == 401

    assert sets_password(pat["reset_url"]).status_code == 204

    assert signs_in("pat", NEW) == 200
    again = sets_password(pat["reset_url"], "yet another long password")
    assert (again.status_code, again.data["code"]) == (410, "link_is_over")


def test_the_secret_of_a_link_is_in_no_row_and_no_other_answer(as_platform_admin):
    pat = made(as_platform_admin)
    secret = pat["reset_url"].partition("#")[2]

    assert secret not in str(list(ResetLink.objects.values())) + str(list(AuditEntry.objects.values()))
    assert secret not in as_platform_admin.get(USERS).content.decode()


def test_a_new_link_ends_the_old_one_and_a_reset_ends_all_sessions(as_platform_admin, as_otto):
    otto = f"{USERS}{as_otto.user.pk}/reset-link/"
    first, second = as_platform_admin.post(otto).data, as_platform_admin.post(otto).data
    assert sets_password(first["url"]).status_code == 410

    assert sets_password(second["url"]).status_code == 204

    assert as_otto.get(ME).status_code == 401
    assert (signs_in("otto", PASSWORD), signs_in("otto", NEW)) == (401, 200)


def test_a_link_ends_with_the_password_that_it_was_to_replace(as_platform_admin, as_otto):
    """Who has come by an old link cannot undo what the owner has done since."""
    link = as_platform_admin.post(f"{USERS}{as_otto.user.pk}/reset-link/").data

    changed = as_otto.post("/api/v1/auth/password/", {"current": PASSWORD, "new": NEW})

    assert changed.status_code == 204
    assert sets_password(link["url"], "yet another long password").status_code == 410
    assert signs_in("otto", NEW) == 200


def test_a_link_ends_when_its_user_is_disabled_and_when_an_administrator_sets_the_password(as_platform_admin, as_otto):
    otto = f"{USERS}{as_otto.user.pk}/"
    first = as_platform_admin.post(f"{otto}reset-link/").data
    for active in (False, True):
        as_platform_admin.patch(otto, {"is_active": active})
    assert sets_password(first["url"]).status_code == 410

    second = as_platform_admin.post(f"{otto}reset-link/").data
    user = User.objects.get(pk=as_otto.user.pk)
    user.set_password(PASSWORD)
    user.save()
    assert sets_password(second["url"]).status_code == 410


def test_a_bad_password_is_told_and_does_not_use_the_link_up(as_platform_admin):
    pat = made(as_platform_admin)

    refused = sets_password(pat["reset_url"], "password1234")

    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "new")
    assert sets_password(pat["reset_url"]).status_code == 204


def test_a_link_that_expired_or_never_was_or_of_somebody_disabled_is_told_alike(as_platform_admin):
    expired, disabled = made(as_platform_admin, "old"), made(as_platform_admin, "gone")
    ResetLink.objects.filter(user__username="old").update(expires_at=timezone.now() - timedelta(seconds=1))
    User.objects.filter(username="gone").update(is_active=False)

    answers = [sets_password(url) for url in (expired["reset_url"], disabled["reset_url"], "#nothing")]

    assert {(answer.status_code, answer.data["code"], answer.data["detail"]) for answer in answers} == {
        (410, "link_is_over", answers[0].data["detail"])
    }


def test_who_is_disabled_is_out_at_the_next_request(as_platform_admin, as_otto):
    answer = as_platform_admin.patch(f"{USERS}{as_otto.user.pk}/", {"is_active": False})

    assert (answer.status_code, answer.data["is_active"]) == (200, False)
    assert as_otto.get(ME).status_code == 401
    as_platform_admin.patch(f"{USERS}{as_otto.user.pk}/", {"is_active": True})
    assert as_otto.get(ME).status_code == 401, "a session that was ended stays so"


def test_nobody_changes_the_own_rights(as_platform_admin):
    person("second", platform_admin=True)

    for wish in ({"is_active": False}, {"is_platform_admin": False}):
        refused = as_platform_admin.patch(f"{USERS}{as_platform_admin.user.pk}/", wish)
        assert (refused.status_code, refused.data["code"]) == (409, "own_account")


def test_the_last_platform_administrator_stays(db):
    root = person("root", platform_admin=True)
    person("disabled", platform_admin=True)
    User.objects.filter(username="disabled").update(is_active=False)

    with pytest.raises(Conflict) as refused:
        people.change_user(root, {"is_active": False}, CLI)

    assert refused.value.code == "last_platform_admin"


@pytest.mark.django_db(transaction=True)
def test_two_platform_administrators_cannot_disable_each_other_at_once():
    users = [person("one", platform_admin=True), person("two", platform_admin=True)]
    start, refused = Barrier(2), []

    def disable(other: User) -> None:
        start.wait()
        try:
            people.change_user(other, {"is_active": False}, CLI)
        except Conflict as conflict:
            refused.append(conflict.code)
        finally:
            connection.close()

    threads = [Thread(target=disable, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert refused == ["last_platform_admin"]
    assert User.objects.filter(is_active=True, is_platform_admin=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_names_that_differ_in_capitals_only_one_is_taken_also_at_once():
    person("root", platform_admin=True)
    start, refused = Barrier(2), []

    def make(name: str) -> None:
        start.wait()
        try:
            people.create_user(name, CLI)
        except Invalid:
            refused.append(name)
        finally:
            connection.close()

    threads = [Thread(target=make, args=(name,)) for name in ("pat", "Pat")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(refused) == 1
    assert User.objects.filter(username__in=["pat", "Pat"]).count() == 1


def test_a_platform_administrator_who_is_none_any_more_takes_nobody_elses_rights(as_platform_admin, monkeypatch):
    """The request began in time; somebody was quicker."""
    third = person("third", platform_admin=True)
    person("second", platform_admin=True)
    really = people.one_at_a_time

    def too_late() -> None:
        User.objects.filter(pk=as_platform_admin.user.pk).update(is_active=False)
        really()

    monkeypatch.setattr(people, "one_at_a_time", too_late)
    answer = as_platform_admin.patch(f"{USERS}{third.pk}/", {"is_active": False})

    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert User.objects.get(pk=third.pk).is_active


def test_a_change_brings_nothing_back_that_was_newer(as_platform_admin, as_otto, monkeypatch):
    """Otto's password is set in the middle of a change of his name."""
    really = people.save_only

    def late(user: User, changed: Any) -> None:
        User.objects.filter(pk=user.pk).update(password="newer", last_login=None)
        really(user, changed)

    monkeypatch.setattr(people, "save_only", late)
    as_platform_admin.patch(f"{USERS}{as_otto.user.pk}/", {"first_name": "Otto"})

    assert User.objects.values_list("first_name", "password").get(pk=as_otto.user.pk) == ("Otto", "newer")


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"username": "\uff52oot"}, "username"),
        ({"username": "Otto"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": ""}, "username"),
        ({"email": "nonsense"}, "email"),
        ({"first_name": "a\u202eb"}, "first_name"),
    ],
)
def test_what_is_wrong_is_named(as_platform_admin, as_otto, wish, pointer):
    answer = as_platform_admin.post(USERS, {"username": "pat", **wish})

    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, pointer)


def test_nobody_becomes_more_by_naming_fields_that_are_not_asked_for(as_platform_admin):
    more = {"is_superuser": True, "is_staff": True, "password": PASSWORD, "id": str(uuid.uuid4())}
    refused = as_platform_admin.post(USERS, {"username": "pat", **more})
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.data["errors"]} == set(more)
    assert not User.objects.filter(username="pat").exists()

    pat = made(as_platform_admin)
    refused = as_platform_admin.patch(f"{USERS}{pat['id']}/", {"username": "root2", "is_superuser": True})
    assert refused.status_code == 422
    user = User.objects.get(pk=pat["id"])
    assert (user.username, user.is_superuser) == ("pat", False)


@pytest.mark.parametrize("client", ["as_ada", "as_otto", "as_vera", "as_mallory", "as_nobody"])
def test_users_are_for_platform_administrators(client, request, as_platform_admin):
    pat, somebody = made(as_platform_admin), request.getfixturevalue(client)

    answers = [
        somebody.get(USERS),
        somebody.post(USERS, {"username": "x"}),
        somebody.get(f"{USERS}{pat['id']}/"),
        somebody.patch(f"{USERS}{pat['id']}/", {"is_active": False}),
        somebody.post(f"{USERS}{pat['id']}/reset-link/"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5


def test_lists_are_searched_and_filtered(as_platform_admin, as_otto):
    made(as_platform_admin, "pat", email="pat@example.com")
    User.objects.filter(username="pat").update(is_active=False)

    def names(**query: str) -> set[str]:
        return {user["username"] for user in as_platform_admin.get(USERS, query).data["results"]}

    assert names(search="PAT@") == {"pat"}
    assert names(active="false") == {"pat"}
    assert names(active="true") == {"otto", "root"}
    assert as_platform_admin.get(USERS, {"password": "x"}).status_code == 400


def test_every_change_is_audited_without_a_secret(as_platform_admin, as_otto):
    as_platform_admin.patch(f"{USERS}{as_otto.user.pk}/", {"email": "otto@example.com", "first_name": ""})

    entry = AuditEntry.objects.get(action="user.changed")
    assert (entry.actor, entry.target) == ("root", "otto")
    assert (entry.before, entry.after) == ({"email": ""}, {"email": "otto@example.com"})


def test_a_user_who_signed_in_by_session_stays_after_a_link_was_only_made(as_otto):
    make_link(as_otto.user, CLI)

    assert as_otto.get(ME).status_code == 200
    assert signed_in(person("otto", Role.OPERATOR)).get(ME).status_code == 200
