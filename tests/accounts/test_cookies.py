"""Signing in with a browser: a cookie that no script reads, and no other site's page can use."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import Role, Session
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db
LOGIN, LOGOUT, ME = "/api/v1/auth/login/", "/api/v1/auth/logout/", "/api/v1/auth/me/"


@pytest.fixture
def browser() -> APIClient:
    """A browser in which Otto has signed in."""
    person("otto", Role.OPERATOR)
    client = APIClient(enforce_csrf_checks=True)
    client.post(LOGIN, {"username": "otto", "password": PASSWORD, "cookie": True})
    return client


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser):
    cookie = browser.cookies["ips_session"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_the_answer_holds_no_token(anonymous):
    person("otto")

    answer = anonymous.post(LOGIN, {"username": "otto", "password": PASSWORD, "cookie": True})

    assert answer.data.keys() == {"user"}
    assert anonymous.cookies["ips_session"].value not in answer.content.decode()


def test_over_https_the_cookie_belongs_to_this_host_alone(settings, anonymous):
    settings.HTTPS = True
    person("otto")

    anonymous.post(LOGIN, {"username": "otto", "password": PASSWORD, "cookie": True})

    assert "ips_session" not in anonymous.cookies
    assert anonymous.cookies["__Host-ips_session"]["secure"]
    assert anonymous.get(ME).status_code == 200


def test_reading_needs_the_cookie_alone(browser):
    assert browser.get(ME).data["username"] == "otto"


def test_writing_without_the_csrf_header_is_refused(browser):
    refused = browser.post(LOGOUT)

    assert refused.status_code == 403
    assert refused.data["code"] == "csrf_failed"
    assert Session.objects.alive().count() == 1


def test_writing_with_a_wrong_csrf_header_is_refused(browser):
    assert browser.post(LOGOUT, HTTP_X_CSRFTOKEN="x" * 64).status_code == 403


def test_writing_from_another_origin_is_refused(browser):
    token = browser.cookies["csrftoken"].value

    refused = browser.post(LOGOUT, HTTP_X_CSRFTOKEN=token, HTTP_ORIGIN="http://evil.example")

    assert refused.status_code == 403


def test_writing_with_the_csrf_header_works(browser):
    assert browser.post(LOGOUT, HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value).status_code == 204


def test_signing_out_ends_the_session_at_once_wherever_its_token_was_copied_to(browser):
    copied = APIClient(HTTP_AUTHORIZATION=f"Bearer {browser.cookies['ips_session'].value}")
    assert copied.get(ME).status_code == 200

    answer = browser.post(LOGOUT, HTTP_X_CSRFTOKEN=browser.cookies["csrftoken"].value)

    assert answer.cookies["ips_session"]["max-age"] == 0
    assert copied.get(ME).status_code == 401


def test_cookie_and_bearer_token_at_once_are_refused(browser):
    token = browser.cookies["ips_session"].value

    refused = browser.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")

    assert refused.status_code == 400
    assert refused.data["code"] == "two_credentials"


def test_signing_in_again_ends_the_session_that_it_replaces(browser):
    browser.post(LOGIN, {"username": "otto", "password": PASSWORD, "cookie": True})

    assert Session.objects.alive().count() == 1


def test_a_dead_cookie_does_not_keep_anybody_from_signing_in(browser):
    Session.objects.all().end()

    answer = browser.post(LOGIN, {"username": "otto", "password": PASSWORD, "cookie": True})

    assert answer.status_code == 200
