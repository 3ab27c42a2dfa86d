"""API keys: shown once, at most what their owner may do, and worth nothing from the moment that they are revoked."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import bcrypt
import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import key_check
from accounts.key_text import KeyText
from accounts.models import ApiKey, AuditEntry, Membership, Role, Tenant
from prewarm.models import Task
from tests.conftest import signed_in
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
KEYS, TASKS, ME = "/api/v1/api-keys/", "/api/v1/tasks/", "/api/v1/auth/me/"
WISH = {"images": ["nginx:1.27"], "all_nodes": True}


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    key_check.forget_all()
    monkeypatch.setattr(key_check, "ROUNDS", 4)


def make(client: APIClient, **wish: Any) -> dict[str, Any]:
    answer = client.post(KEYS, {"name": "pipeline", **wish})
    assert answer.status_code == 201, answer.data
    return dict(answer.data)


def bearing(key: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.data["code"]


# Making one


def test_the_key_is_in_the_answer_that_makes_it_and_nowhere_else(as_otto):
    made = make(as_otto)

    row = ApiKey.objects.get(pk=made["id"])
    assert bcrypt.checkpw(KeyText.read(made["key"]).secret.encode(), row.secret_hash.encode())
    for path in (KEYS, f"{KEYS}{made['id']}/"):
        told = as_otto.get(path).content.decode()
        assert made["key"] not in told and row.secret_hash not in told
    assert made["key"] not in str(list(AuditEntry.objects.values()))


def test_it_opens_the_api_and_says_whose_it_is(as_otto):
    me = bearing(make(as_otto)["key"]).get(ME).data

    assert (me["username"], me["is_platform_admin"]) == ("otto", False)
    assert [(one["tenant"], one["role"]) for one in me["memberships"]] == [("default", "operator")]
    assert "tasks.read" in me["memberships"][0]["may"]
    assert "tasks.operate" not in me["memberships"][0]["may"], "this key only reads"


@pytest.mark.parametrize(
    ("client", "scope"), [("as_vera", "tasks"), ("as_vera", "manage"), ("as_otto", "manage"), ("as_nobody", "read")]
)
def test_nobody_gives_a_key_more_than_the_own_role(client, scope, request):
    answer = request.getfixturevalue(client).post(KEYS, {"name": "x", "scopes": [scope]})

    assert answer.status_code in (403, 422)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"name": ""}, "name"),
        ({"scopes": ["everything"]}, "scopes/0"),
        ({"networks": ["10.0.0.0/33"]}, "networks/0"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"expires_in_days": 0}, "expires_in_days"),
    ],
)
def test_what_is_wrong_is_named(as_otto, wish, pointer):
    answer = as_otto.post(KEYS, {"name": "x", **wish})

    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, pointer)


def test_a_tenant_has_a_bounded_number_of_good_keys(as_otto, as_mallory, monkeypatch):
    monkeypatch.setattr("accounts.api_keys.MOST_OF_A_TENANT", 2)
    make(as_mallory, tenant="rivals"), make(as_mallory, tenant="rivals")
    first, _ = make(as_otto), make(as_otto)

    assert refusal(as_otto.post(KEYS, {"name": "third"})) == (409, "quota_exceeded")
    as_otto.delete(f"{KEYS}{first['id']}/")
    make(as_otto)


# What it opens


def test_a_key_that_only_reads_makes_nothing(as_otto):
    client = bearing(make(as_otto, scopes=["read"])["key"])

    assert client.get(TASKS).status_code == 200
    assert refusal(client.post(TASKS, WISH)) == (403, "scope_too_small")


def test_a_key_for_tasks_makes_and_moves_them_and_the_history_names_it(as_otto):
    client = bearing(make(as_otto, scopes=["tasks"])["key"])

    made = client.post(TASKS, WISH)

    assert made.status_code == 202
    assert Task.objects.get(pk=made.data["id"]).actor == "otto (key pipeline)"
    assert client.post(f"{TASKS}{made.data['id']}/cancel/").status_code == 202


def test_a_reading_key_moves_nothing_that_its_owner_could_move(as_otto):
    task = as_otto.post(TASKS, WISH).data["id"]
    client = bearing(make(as_otto)["key"])

    assert client.get(f"{TASKS}{task}/").status_code == 200
    assert refusal(client.post(f"{TASKS}{task}/cancel/")) == (403, "scope_too_small")


def test_it_works_in_its_own_tenant_only(as_otto, as_platform_admin):
    Membership.objects.create(
        user=as_otto.user, tenant=Tenant.objects.create(slug="other", name="Other"), role="operator"
    )
    elsewhere = as_otto.post(TASKS, {**WISH, "tenant": "other"}).data["id"]
    client = bearing(make(as_otto, scopes=["tasks"])["key"])

    assert client.get(f"{TASKS}{elsewhere}/").status_code == 404
    assert client.post(TASKS, {**WISH, "tenant": "other"}).status_code == 404


def test_where_no_tenant_is_named_a_key_means_its_own(as_mallory):
    client = bearing(make(as_mallory, tenant="rivals", scopes=["tasks"])["key"])

    assert client.post(TASKS, WISH).data["tenant"] == "rivals"


def test_a_platform_administrators_key_is_no_platform_administrator(as_platform_admin):
    client = bearing(make(as_platform_admin, scopes=["tasks", "manage"])["key"])

    assert client.get(ME).data["is_platform_admin"] is False
    assert client.get("/api/v1/settings/").status_code == 403
    assert client.post(TASKS, {**WISH, "urgent": True}).status_code in (403, 422)
    assert client.post(TASKS, WISH).status_code == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", KEYS),
        ("post", KEYS),
        ("get", "/api/v1/auth/sessions/"),
        ("post", "/api/v1/auth/password/"),
        ("post", "/api/v1/auth/logout/"),
    ],
)
def test_a_key_manages_neither_keys_nor_the_account(as_ada, method, path):
    client = bearing(make(as_ada, scopes=["manage"])["key"])

    assert refusal(getattr(client, method)(path, {})) == (403, "session_only")


# When it opens nothing


def test_a_revoked_key_is_refused_at_the_next_request(as_otto):
    made = make(as_otto)
    client = bearing(made["key"])
    assert client.get(TASKS).status_code == 200

    assert as_otto.delete(f"{KEYS}{made['id']}/").status_code == 204

    assert refusal(client.get(TASKS)) == (401, "key_revoked")
    assert as_otto.delete(f"{KEYS}{made['id']}/").status_code == 204


def test_an_expired_key_is_refused(as_otto):
    made = make(as_otto)
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert refusal(bearing(made["key"]).get(TASKS)) == (401, "key_expired")


def test_it_ends_with_its_owner(as_otto):
    client = bearing(make(as_otto)["key"])
    assert client.get(TASKS).status_code == 200

    as_otto.user.is_active = False
    as_otto.user.save()

    assert refusal(client.get(TASKS)) == (401, "key_owner_disabled")


def test_it_ends_with_the_membership_and_follows_the_role(as_otto):
    client = bearing(make(as_otto, scopes=["tasks"])["key"])
    as_otto.user.memberships.update(role="viewer")
    assert refusal(client.post(TASKS, WISH)) == (403, "role_too_low")

    as_otto.user.memberships.all().delete()

    assert refusal(client.get(TASKS)) == (401, "key_owner_left")


def test_it_is_refused_from_elsewhere(as_otto):
    made = make(as_otto, networks=["10.1.0.0/16", "fd00::/8"])
    client = bearing(made["key"])

    assert client.get(TASKS, REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get(TASKS, REMOTE_ADDR="fd00::1").status_code == 200
    assert refusal(client.get(TASKS, REMOTE_ADDR="10.2.0.1")) == (401, "key_network")


def test_a_network_of_ipv4_holds_its_addresses_however_the_socket_tells_them(as_otto):
    key = make(as_otto, networks=["10.0.0.0/8"])["key"]

    assert bearing(key).get(TASKS, REMOTE_ADDR="::ffff:10.1.2.3").status_code == 200
    assert refusal(bearing(key).get(TASKS, REMOTE_ADDR="::ffff:192.0.2.1")) == (401, "key_network")


def test_an_unknown_key_and_a_wrong_secret_are_told_alike(as_otto):
    known = KeyText.read(make(as_otto)["key"])
    wrong = KeyText(known.key_id, KeyText.new().secret)

    answers = [bearing(text).get(TASKS) for text in (wrong.text, KeyText.new().text)]

    assert [refusal(answer) for answer in answers] == [(401, "unknown_key")] * 2
    assert answers[0].data["detail"] == answers[1].data["detail"]


def test_a_slip_of_the_finger_is_told(as_otto):
    key = make(as_otto)["key"]

    assert refusal(bearing(key[:-1] + ("a" if key[-1] != "a" else "b")).get(TASKS)) == (401, "malformed_key")


def test_who_tries_wrong_keys_is_stopped_and_who_has_the_right_one_is_not(as_otto):
    good = bearing(make(as_otto)["key"])
    assert good.get(TASKS).status_code == 200
    known = KeyText.read(make(as_otto)["key"])

    for _ in range(key_check.WRONG_A_MINUTE):
        wrong = KeyText(known.key_id, KeyText.new().secret)
        assert bearing(wrong.text).get(TASKS).status_code == 401

    assert refusal(bearing(KeyText(known.key_id, KeyText.new().secret).text).get(TASKS)) == (429, "throttled")
    assert good.get(TASKS).status_code == 200
    assert bearing(known.text).get(TASKS, REMOTE_ADDR="10.9.9.9").status_code == 200


def test_within_a_minute_a_key_is_hashed_once(as_otto, monkeypatch):
    client = bearing(make(as_otto)["key"])
    hashed: list[bytes] = []
    right = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda secret, of: hashed.append(secret) or right(secret, of))

    for _ in range(5):
        assert client.get(TASKS).status_code == 200

    assert len(hashed) == 1


def test_where_it_was_last_used_is_written_once_a_minute(as_otto):
    made = make(as_otto)
    bearing(made["key"]).get(TASKS, REMOTE_ADDR="192.0.2.7")
    first = ApiKey.objects.get(pk=made["id"])

    bearing(made["key"]).get(TASKS, REMOTE_ADDR="192.0.2.8")

    again = ApiKey.objects.get(pk=made["id"])
    assert (again.last_used_at, again.last_used_ip) == (first.last_used_at, "192.0.2.7")


# Rotation


def test_after_a_rotation_both_work_for_a_while_and_then_only_the_new_one(as_otto):
    old = make(as_otto, scopes=["tasks"], networks=["0.0.0.0/0"])

    new = as_otto.post(f"{KEYS}{old['id']}/rotate/", {"overlap_hours": 1})

    assert new.status_code == 201
    assert {name: new.data[name] for name in ("name", "scopes", "networks")} == {
        name: old[name] for name in ("name", "scopes", "networks")
    }
    assert [bearing(key["key"]).get(TASKS).status_code for key in (old, new.data)] == [200, 200]
    ends = ApiKey.objects.get(pk=old["id"]).expires_at
    assert timedelta(minutes=59) < ends - timezone.now() < timedelta(minutes=61)


def test_without_an_overlap_the_old_one_ends_at_once(as_otto):
    old = make(as_otto)

    as_otto.post(f"{KEYS}{old['id']}/rotate/", {"overlap_hours": 0})

    assert refusal(bearing(old["key"]).get(TASKS)) == (401, "key_expired")


def test_what_is_over_is_not_rotated(as_otto):
    rotated, revoked = make(as_otto), make(as_otto)
    as_otto.post(f"{KEYS}{rotated['id']}/rotate/")
    as_otto.delete(f"{KEYS}{revoked['id']}/")

    for key in (rotated, revoked):
        assert refusal(as_otto.post(f"{KEYS}{key['id']}/rotate/")) == (409, "key_is_over")


def test_an_overlap_is_never_longer_than_the_old_key_was_to_last(as_otto):
    old = make(as_otto, expires_in_days=1)

    new = as_otto.post(f"{KEYS}{old['id']}/rotate/", {"overlap_hours": 24 * 30}).data

    assert ApiKey.objects.get(pk=old["id"]).expires_at.isoformat()[:16] == old["expires_at"][:16]
    assert timedelta(hours=23) < ApiKey.objects.get(pk=new["id"]).expires_at - timezone.now() <= timedelta(days=1)


def test_both_keys_of_a_rotation_keep_to_scopes_and_networks(as_otto):
    old = make(as_otto, scopes=["read"], networks=["10.1.0.0/16"])

    new = as_otto.post(f"{KEYS}{old['id']}/rotate/").data

    for key in (old, new):
        client = bearing(key["key"])
        assert client.get(TASKS, REMOTE_ADDR="10.1.2.3").status_code == 200
        assert refusal(client.get(TASKS, REMOTE_ADDR="10.2.0.1")) == (401, "key_network")
        assert refusal(client.post(TASKS, WISH, REMOTE_ADDR="10.1.2.3")) == (403, "scope_too_small")
    assert ApiKey.objects.get(pk=new["id"]).scopes == ["read"]


def test_rotating_again_and_again_is_no_way_around_the_limit_of_keys(as_otto, monkeypatch):
    monkeypatch.setattr("accounts.api_keys.MOST_OF_A_TENANT", 1)
    keys = [make(as_otto)]

    for _ in range(4):
        keys.append(as_otto.post(f"{KEYS}{keys[-1]['id']}/rotate/").data)

    assert [bearing(key["key"]).get(TASKS).status_code for key in keys] == [401, 401, 401, 200, 200]
    assert refusal(as_otto.post(KEYS, {"name": "another"})) == (409, "quota_exceeded")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_for_the_last_key_one_gets_it(monkeypatch):
    monkeypatch.setattr("accounts.api_keys.MOST_OF_A_TENANT", 3)
    otto = person("otto", Role.OPERATOR)
    clients = [signed_in(otto) for _ in range(10)]
    make(clients[0]), make(clients[0])
    start, codes = Barrier(len(clients)), []

    def ask(client: APIClient) -> None:
        start.wait()
        try:
            codes.append(client.post(KEYS, {"name": "last"}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(codes) == [201, *[409] * 9]
    assert ApiKey.objects.count() == 3


# Whose keys one sees


def test_one_sees_the_own_keys_and_an_admin_those_of_the_tenant(
    as_otto, as_vera, as_ada, as_mallory, as_platform_admin
):
    make(as_otto, name="ottos")
    make(as_vera, name="veras")
    make(as_mallory, name="mallorys", tenant="rivals")

    seen = {
        name: {key["name"] for key in client.get(KEYS).data["results"]}
        for name, client in {
            "otto": as_otto,
            "vera": as_vera,
            "ada": as_ada,
            "mallory": as_mallory,
            "root": as_platform_admin,
        }.items()
    }

    assert seen == {
        "otto": {"ottos"},
        "vera": {"veras"},
        "ada": {"ottos", "veras"},
        "mallory": {"mallorys"},
        "root": {"ottos", "veras", "mallorys"},
    }


@pytest.mark.parametrize("move", ["get", "delete", "rotate"])
def test_anothers_key_does_not_exist(as_otto, as_vera, as_mallory, move):
    key = make(as_otto)

    for client in (as_vera, as_mallory):
        path = f"{KEYS}{key['id']}/"
        answer = client.post(f"{path}rotate/") if move == "rotate" else getattr(client, move)(path)
        assert answer.status_code == 404
    assert bearing(key["key"]).get(TASKS).status_code == 200


def test_nobody_rotates_anothers_key_and_learns_what_acts_in_the_others_name(as_otto, as_ada, as_platform_admin):
    key = make(as_otto)

    for client in (as_ada, as_platform_admin):
        assert client.get(f"{KEYS}{key['id']}/").status_code == 200
        assert client.post(f"{KEYS}{key['id']}/rotate/").status_code == 404
    assert as_otto.post(f"{KEYS}{key['id']}/rotate/").status_code == 201


def test_an_admin_revokes_a_members_key_and_the_audit_tells_who(as_otto, as_ada):
    key = make(as_otto)

    assert as_ada.delete(f"{KEYS}{key['id']}/").status_code == 204

    entry = AuditEntry.objects.get(action="api_key.revoked")
    assert (entry.actor, entry.tenant.slug) == ("ada", "default")
    assert key["last_four"] in entry.target


def test_both_credentials_at_once_are_refused(as_otto):
    client = bearing(make(as_otto)["key"])
    client.cookies["ips_session"] = "x"

    assert refusal(client.get(TASKS)) == (400, "two_credentials")


def test_a_user_whose_password_changed_keeps_the_keys(as_otto):
    client = bearing(make(as_otto)["key"])
    as_otto.user.set_password("a new and longer one")
    as_otto.user.save()

    assert client.get(TASKS).status_code == 200
    assert signed_in(person("otto")).get(KEYS).data["count"] == 1
