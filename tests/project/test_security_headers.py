"""What every answer tells a browser, whoever makes it: pages, data, files, errors, refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ips.inline_styles import sha256
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db
Ask = Callable[[Client], Any]
ANSWERS: dict[str, Ask] = {
    "the UI": lambda client: client.get("/"),
    "the UI at any path": lambda client: client.get("/tasks/1"),
    "a sign-in page": lambda client: client.get("/admin/login/"),
    "a page of the admin": lambda client: client.get("/admin/prewarm/task/"),
    "a way to elsewhere": lambda client: client.get("/admin"),
    "a page of the queues": lambda client: client.get("/admin/django_rq/dashboard/"),
    "the queues' numbers": lambda client: client.get("/admin/django_rq/dashboard/stats.json"),
    "the browsable API": lambda client: client.get("/api/v1/tasks/", headers={"Accept": "text/html"}),
    "the documentation": lambda client: client.get("/api/docs/"),
    "data": lambda client: client.get("/api/v1/tasks/"),
    "a 401": lambda client: client.get("/api/v1/tasks/", headers={"Cookie": "", "Authorization": "Bearer x"}),
    "a 404 of the API": lambda client: client.get("/api/nothing"),
    "a 404": lambda client: client.get("/static/nothing.css"),
    "a 405": lambda client: client.post("/"),
    "a 413": lambda client: client.post(
        "/api/v1/tasks/", b"x", content_type="application/json", CONTENT_LENGTH="2000000"
    ),
    "a name that is not ours": lambda client: client.get("/", HTTP_HOST="elsewhere.example.com"),
    "a file": lambda client: client.get("/static/admin/css/base.css"),
    "a probe": lambda client: client.get("/healthz"),
    "metrics": lambda client: client.get("/metrics"),
}
EVERY_ANSWER = pytest.mark.parametrize("ask", ANSWERS.values(), ids=ANSWERS.keys())


@pytest.fixture
def browser(valkey: Any) -> Client:
    person("root", platform_admin=True)
    client = Client()
    client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    return client


@EVERY_ANSWER
def test_nothing_inline_runs_nobody_frames_it_and_no_type_is_guessed(browser, ask):
    headers = ask(browser).headers

    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@EVERY_ANSWER
def test_https_is_for_good_where_it_is_on(browser, settings, ask):
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    over_https = Client(HTTP_X_FORWARDED_PROTO="https")
    over_https.cookies = browser.cookies

    assert ask(over_https).headers["Strict-Transport-Security"].startswith("max-age=3600; includeSubDomains")


def test_what_the_port_of_metrics_answers_is_no_exception(browser, settings):
    settings.METRICS_ADDRESS = "127.0.0.1:80"

    for path, status in (("/metrics", 200), ("/", 404)):
        answer = browser.get(path)
        assert answer.status_code == status
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_plain_http_promises_nothing_about_https(browser, settings):
    settings.SECURE_HSTS_SECONDS = 3600

    assert "Strict-Transport-Security" not in Client().get("/healthz").headers


@pytest.mark.parametrize(
    "page", ["/api/docs/", "/admin/django_rq/dashboard/", "/admin/django_rq/dashboard/queues/0/empty/"]
)
def test_the_style_sheets_inside_of_our_libraries_pages_are_allowed_by_their_hashes(browser, page):
    answer = browser.get(page)
    inside = re.findall(r"<style>(.*?)</style>", answer.content.decode(), re.DOTALL)

    assert inside
    for style in inside:
        assert f"'sha256-{sha256(style)}'" in answer.headers["Content-Security-Policy"]


def test_no_script_is_allowed_but_in_files_of_our_own(browser):
    policy = browser.get("/admin/").headers["Content-Security-Policy"]

    assert re.search(r"script-src ([^;]*);", policy)[1] == "'self'"
