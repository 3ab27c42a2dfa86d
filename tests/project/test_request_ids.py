"""Every request can be found again in the logs."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from ips.logs import JsonFormatter, TextFormatter, without_secrets


def test_the_callers_id_is_taken_over():
    assert Client().get("/healthz", headers={"X-Request-ID": "build-42.a_B"})["X-Request-ID"] == "build-42.a_B"


@pytest.mark.parametrize("bad", ["", "x" * 65, "a b", "a\tb", "<script>", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_an_id_that_could_harm_the_logs_is_replaced(bad):
    given = Client().get("/healthz", headers={"X-Request-ID": bad})["X-Request-ID"]

    assert given != bad
    assert len(given) == 32


def test_two_requests_never_share_one():
    assert Client().get("/healthz")["X-Request-ID"] != Client().get("/healthz")["X-Request-ID"]


def test_the_request_log_carries_it(caplog):
    with caplog.at_level(logging.INFO, logger="ips.request"):
        Client().get("/version", headers={"X-Request-ID": "abc"})

    assert "GET /version 200" in caplog.text


def line(message: str, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord({"msg": message, "name": "ips.test", "levelname": "INFO", **extra})
    text = JsonFormatter().format(record)
    assert "\n" not in text
    parsed = json.loads(text)
    assert isinstance(parsed, dict)
    return parsed


def test_a_log_line_is_one_line_of_json_with_its_fields():
    parsed = line("pulled", node="n1", seconds=1.5)

    assert parsed["msg"] == "pulled"
    assert parsed["level"] == "info"
    assert (parsed["node"], parsed["seconds"]) == ("n1", 1.5)


def test_a_line_break_in_a_message_cannot_forge_a_second_line():
    assert line('x\n{"level": "error"}')["msg"] == 'x\n{"level": "error"}'
    record = logging.makeLogRecord({"msg": "x\nforged \x1b[31m", "levelname": "INFO"})
    assert "\n" not in TextFormatter().format(record)
    assert "\x1b" not in TextFormatter().format(record)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "redis://:hunter2hunter2@127.0.0.1:6379/0",
        "https://robot:hunter2hunter2@registry.example/v2/",
        "cookie ips_session=eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl",
    ],
)
def test_secrets_are_struck_out_wherever_they_stand(text):
    clean = without_secrets(text)

    assert "***" in clean
    assert not any(secret in clean for secret in ("abcdefgh12345678", "hunter2", "c2lnbmF0dXJl"))


@pytest.mark.parametrize("name", ["password", "db_password", "api_key", "jwt", "webhook_secret", "Authorization"])
def test_fields_with_the_name_of_a_secret_are_struck_out(name):
    assert line("x", **{name: "hunter2"})[name] == "***"
