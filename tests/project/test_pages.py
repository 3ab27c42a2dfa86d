"""The UI's page and files, and what a browser may do with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client


@pytest.fixture
def built(tmp_path: Path, settings) -> Path:
    (tmp_path / "index.html").write_text("<!doctype html><title>IPS</title>")
    settings.UI_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/tasks", "/tasks/1/nodes", "/sign-in?next=/", "/apiary", "/administrators"])
def test_every_path_of_the_ui_is_the_same_page_asked_for_anew(built, path):
    answer = Client().get(path)

    assert answer.status_code == 200
    assert b"<title>IPS</title>" in answer.content
    assert answer["Cache-Control"] == "no-cache"
    assert "csrftoken" in answer.cookies


@pytest.mark.parametrize("path", ["/api/nothing", "/api", "/assets/gone-abcdefgh.js", "/assets", "/static/nothing.css"])
def test_paths_of_others_never_are(built, path):
    answer = Client().get(path, follow=True)

    assert answer.status_code == 404
    assert b"<title>" not in answer.content


def test_the_page_is_for_reading(built):
    assert Client().post("/").status_code == 405


def test_without_a_built_ui_it_says_what_to_do(settings, tmp_path):
    settings.UI_DIR = tmp_path / "nothing"

    answer = Client().get("/")

    assert answer.status_code == 503
    assert b"make setup" in answer.content


def test_scripts_come_from_here_alone_and_nobody_frames_us(built):
    headers = Client().get("/").headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_answers_of_the_api_can_do_nothing_in_a_browser_and_are_kept_nowhere(as_otto):
    headers = as_otto.get("/api/v1/auth/me/").headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_documentation_works_without_the_internet(as_otto):
    page = as_otto.get("/api/docs/")

    assert page.status_code == 200
    assert b"https://" not in page.content.replace(b"https://cdn", b"")
    assert b"cdn." not in page.content
