"""Whatever goes wrong under /api is answered as a problem with a code, a request id and the right headers."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Session

pytestmark = pytest.mark.django_db
LOGIN, ME, SESSIONS = "/api/v1/auth/login/", "/api/v1/auth/me/", "/api/v1/auth/sessions/"


def problem(answer, status: int, code: str) -> dict[str, object]:
    """The body of a problem, which must be one of this status and code."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = json.loads(answer.content)
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:ips:problem:{code}"
    assert body["request_id"] == answer["X-Request-ID"]
    assert body["title"] and body["detail"]
    return body


def post_raw(client: APIClient, body: bytes | str, content_type: str = "application/json"):
    return client.generic("POST", LOGIN, body, content_type=content_type)


def test_missing_fields_are_named(anonymous):
    body = problem(anonymous.post(LOGIN, {}), 422, "invalid")

    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [
        ("username", "required"),
        ("password", "required"),
    ]


def test_a_body_that_is_no_object_is_invalid(anonymous):
    body = problem(anonymous.post(LOGIN, ["otto"]), 422, "invalid")

    assert body["errors"][0]["pointer"] == ""


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "{'username': 1}",
        '{"username": NaN}',
        '{"username": "a", "username": "b"}',
        '{"username": "\\ud800"}',
        '{"username": "a\\u0000"}',
        b'{"username": "\xff"}',
        "[" * 33 + "]" * 33,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 40 + "1" + "}" * 40,
    ],
    ids=lambda body: repr(body)[:30],
)
def test_bad_json_is_refused(anonymous, body):
    problem(post_raw(anonymous, body), 422 if body == "" else 400, "invalid" if body == "" else "parse_error")


def test_nesting_up_to_the_limit_is_read(anonymous):
    assert post_raw(anonymous, "[" * 32 + "]" * 32).status_code == 422


def test_other_content_types_are_415(anonymous):
    problem(post_raw(anonymous, "username=otto", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")


def test_a_body_above_one_mebibyte_is_413(anonymous):
    big = json.dumps({"username": "o" * 1024 * 1024, "password": "x"})

    problem(post_raw(anonymous, big), 413, "body_too_large")


def test_no_credentials_is_401_and_says_how(anonymous):
    answer = anonymous.get(ME)

    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="ips"'


def test_a_wrong_method_is_405_and_says_which_are_right(as_otto):
    answer = as_otto.put(ME, {})

    problem(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_an_unknown_path_is_404(anonymous):
    problem(anonymous.get("/api/v1/nothing/here/"), 404, "not_found")
    problem(anonymous.get("/api/"), 404, "not_found")


def test_a_page_beyond_the_last_is_404(as_otto):
    problem(as_otto.get(f"{SESSIONS}?page=99"), 404, "not_found")


def test_nobody_gets_more_than_200_rows_a_page(as_otto):
    Session.objects.bulk_create(
        Session(user=as_otto.user, expires_at=Session.objects.get().expires_at) for _ in range(205)
    )

    page = as_otto.get(f"{SESSIONS}?page_size=1000").data

    assert page["count"] == 206
    assert len(page["results"]) == 200
    assert page["next"].endswith("page=2&page_size=1000")


def test_an_answer_that_cannot_be_given_in_the_wanted_form_is_406(as_otto):
    problem(as_otto.get(ME, HTTP_ACCEPT="image/png"), 406, "not_acceptable")


def test_a_database_that_is_away_is_503_and_says_when_to_try_again(as_otto, monkeypatch):
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("server has gone away at 10.0.0.1")

    monkeypatch.setattr("accounts.views.me", away)

    answer = as_otto.get(ME)

    body = problem(answer, 503, "database_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert "10.0.0.1" not in json.dumps(body)


def test_a_crash_is_500_without_a_word_about_the_inside(as_otto, monkeypatch):
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("accounts.views.me", broken)
    as_otto.raise_request_exception = False

    body = problem(as_otto.get(ME), 500, "internal_error")

    assert "secret detail" not in json.dumps(body)


def test_outside_of_the_api_an_error_is_a_plain_sentence():
    answer = Client().get("/assets/nothing.js")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/plain")


def test_the_browsable_api_shows_problems_as_a_page(as_otto):
    answer = as_otto.get(f"{SESSIONS}?page=99", HTTP_ACCEPT="text/html")

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert b"not_found" in answer.content
