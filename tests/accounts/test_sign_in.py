"""Signing in, and what a session opens."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import admin_sign_in, views
from accounts.models import AuditEntry, Membership, Role, Session, User
from accounts.tokens import token_for
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db
LOGIN, ME = "/api/v1/auth/login/", "/api/v1/auth/me/"


def login(client: APIClient, name: str = "otto", password: str = PASSWORD, **more: object):
    return client.post(LOGIN, {"username": name, "password": password, **more})


def bearing(token: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")


def forged(session: Session, key: str = "", algorithm: str = "HS256", **claims: object) -> APIClient:
    """A client with a token that differs from a good one in what is given."""
    good = {
        "sub": str(session.user_id),
        "sid": str(session.pk),
        "jti": "1",
        "iat": int(timezone.now().timestamp()),
        "exp": int(session.expires_at.timestamp()),
        "iss": "ips",
        "aud": "ips-api",
    }
    payload = {name: value for name, value in {**good, **claims}.items() if value is not None}
    return bearing(jwt.encode(payload, key or settings.JWT_KEY, algorithm=algorithm))


@pytest.fixture
def session() -> Session:
    return Session.objects.create(user=person("otto", Role.OPERATOR), expires_at=timezone.now() + timedelta(hours=1))


class TestSigningIn:
    def test_a_name_and_its_password_give_a_token_that_opens_the_api(self, anonymous):
        person("otto", Role.OPERATOR)

        answer = login(anonymous)

        assert answer.status_code == 200
        assert [(one["tenant"], one["role"]) for one in answer.data["user"]["memberships"]] == [("default", "operator")]
        assert bearing(answer.data["token"]).get(ME).data["username"] == "otto"

    def test_the_token_says_who_and_which_session_and_nothing_about_rights(self, anonymous):
        otto = person("otto", Role.ADMIN)

        token = login(anonymous).data["token"]

        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims.keys() == {"sub", "sid", "jti", "iat", "exp", "iss", "aud"}
        assert claims["sub"] == str(otto.pk)
        assert claims["exp"] - claims["iat"] == 24 * 3600

    def test_a_wrong_password_and_an_unknown_name_are_told_the_same(self, anonymous):
        person("otto")

        wrong, unknown = login(anonymous, password="wrong"), login(anonymous, name="nobody-at-all")

        assert wrong.status_code == unknown.status_code == 401
        assert wrong.data["code"] == "bad_credentials"
        assert {**wrong.data, "request_id": ""} == {**unknown.data, "request_id": ""}

    def test_who_is_not_active_is_told_the_same_too(self, anonymous):
        otto = person("otto")
        otto.is_active = False
        otto.save()

        assert login(anonymous).data["code"] == "bad_credentials"

    def test_an_unknown_name_costs_a_hash_like_a_known_one(self, anonymous, hashed):
        person("otto")
        hashed.clear()

        login(anonymous, password="wrong")
        login(anonymous, name="nobody-at-all", password="wrong too")

        assert hashed == ["wrong", "wrong too"]

    MEANWHILE = {
        "another password": {"password": "another hash"},
        "disabled": {"is_active": False},
    }

    @pytest.mark.parametrize("change", MEANWHILE)
    def test_no_session_begins_by_a_password_that_was_the_right_one_a_moment_ago(self, anonymous, monkeypatch, change):
        """Between the look at the password and the session somebody ended all sessions, and meant this one too."""
        otto = person("otto", Role.OPERATOR)
        really = views.check_credentials

        def late(*asked: object) -> User:
            user = really(*asked)
            User.objects.filter(pk=otto.pk).update(**self.MEANWHILE[change])
            return user

        monkeypatch.setattr(views, "check_credentials", late)
        answer = login(anonymous)

        assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")
        assert not Session.objects.exists()
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.outcome) == ("session.refused", "refused")

    def test_at_the_admin_neither(self, monkeypatch):
        root = person("root", platform_admin=True)
        really = admin_sign_in.check_credentials

        def late(*asked: object) -> User:
            user = really(*asked)
            User.objects.filter(pk=root.pk).update(password=make_password("another"))
            return user

        monkeypatch.setattr(admin_sign_in, "check_credentials", late)
        answer = Client().post("/admin/login/", {"username": "root", "password": PASSWORD})

        assert answer.status_code == 200 and b"is wrong" in answer.content
        assert not Session.objects.exists()

    @pytest.mark.parametrize("body", [{}, {"username": "otto"}, {"username": "o" * 151, "password": "x"}])
    def test_an_incomplete_request_says_which_field(self, anonymous, body):
        answer = anonymous.post(LOGIN, body)

        assert answer.status_code == 422
        assert answer.data["errors"][0]["pointer"] in {"username", "password"}

    def test_a_form_of_another_site_cannot_sign_anybody_in(self, anonymous):
        person("otto")

        answer = anonymous.post(LOGIN, {"username": "otto", "password": PASSWORD}, format="multipart")

        assert answer.status_code == 415


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that is hashed while the test runs."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    passwords: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return passwords


class TestATokenIsRefused:
    def test_when_its_session_has_ended(self, session):
        client = bearing(token_for(session))
        assert client.get(ME).status_code == 200

        Session.objects.filter(pk=session.pk).end()

        refused = client.get(ME)
        assert refused.status_code == 401
        assert refused.data["code"] == "session_ended"
        assert refused["WWW-Authenticate"] == 'Bearer realm="ips"'

    def test_when_its_session_has_expired(self, session):
        with time_machine.travel(session.expires_at + timedelta(seconds=1)):
            assert bearing(token_for(session)).get(ME).status_code == 401

    def test_when_its_user_is_no_longer_active(self, session):
        session.user.is_active = False
        session.user.save()

        assert bearing(token_for(session)).get(ME).status_code == 401

    def test_when_it_is_signed_with_another_key(self, session):
        assert forged(session).get(ME).status_code == 200
        assert forged(session, key="k" * 48).get(ME).status_code == 401
        assert forged(session, key=settings.SECRET_KEY).get(ME).status_code == 401

    def test_when_it_is_signed_in_another_way(self, session):
        assert forged(session, algorithm="HS512").get(ME).status_code == 401

    def test_when_it_is_not_signed(self, session):
        header = jwt.encode({"sub": "x"}, "", algorithm="none").split(".")[0]
        payload = token_for(session).split(".")[1]

        assert bearing(f"{header}.{payload}.").get(ME).status_code == 401

    @pytest.mark.parametrize("claim", ["sub", "sid", "jti", "iat", "exp", "iss", "aud"])
    def test_when_a_claim_is_missing(self, session, claim):
        assert forged(session, **{claim: None}).get(ME).status_code == 401

    @pytest.mark.parametrize(
        "wrong", [{"iss": "other"}, {"aud": "other"}, {"sid": "not-a-uuid"}, {"sid": 7}, {"exp": 1}, {"sub": "1"}]
    )
    def test_when_a_claim_is_wrong(self, session, wrong):
        assert forged(session, **wrong).get(ME).status_code == 401

    def test_when_it_names_the_session_of_another_user(self, session):
        assert forged(session, sub=str(person("vera").pk)).get(ME).status_code == 401

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic b3R0bzp4", "Token x", "Bearer \N{BLACK STAR}"])
    def test_when_the_header_is_something_else(self, header, db):
        assert APIClient(HTTP_AUTHORIZATION=header).get(ME).status_code == 401


class TestRights:
    def test_a_role_that_changes_counts_from_the_next_request(self, session):
        client = bearing(token_for(session))
        (before,) = client.get(ME).data["memberships"]
        assert (before["role"], "tasks.operate" in before["may"]) == ("operator", True)

        Membership.objects.filter(user=session.user).update(role=Role.VIEWER)

        (after,) = client.get(ME).data["memberships"]
        assert (after["role"], "tasks.operate" in after["may"]) == ("viewer", False)


class TestSeen:
    def test_a_session_notes_its_use_at_most_once_a_minute(self, session, django_assert_num_queries):
        client = bearing(token_for(session))
        first = session.last_seen_at

        client.get(ME)
        session.refresh_from_db()
        assert session.last_seen_at == first

        with time_machine.travel(first + timedelta(seconds=61), tick=False):
            client.get(ME)
        session.refresh_from_db()
        assert session.last_seen_at == first + timedelta(seconds=61)


class TestTheLengthOfASession:
    @override_settings(JWT_HOURS=1)
    def test_is_a_setting(self, anonymous):
        person("otto")

        login(anonymous)

        session = Session.objects.get()
        assert session.expires_at - session.created_at == timedelta(hours=1)
