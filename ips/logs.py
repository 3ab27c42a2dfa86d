"""Structured logs: one JSON object a line, with the request's id, without secrets."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from ips.request_id import current_request_id

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}
SECRET_FIELD = re.compile(r"password|passwd|secret|token|authorization|cookie|api_?key|jwt", re.IGNORECASE)
SECRET_TEXT = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"), "***"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s:@]*:[^/\s@]+@"), r"\1***@"),
    (re.compile(r"(/api/v1/hooks/+)[^/\s?\"']+"), r"\1***"),
)


class JsonFormatter(logging.Formatter):
    """{ts, level, logger, msg, request_id, …extra}. JSON escapes control characters, so a line stays a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": without_secrets(record.getMessage()),
        }
        if request_id := current_request_id():
            line["request_id"] = request_id
        line.update(extra_fields(record))
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, default=str, ensure_ascii=False)


class OnlyCrashes(logging.Filter):
    """Of what Django says about answers, the tracebacks: the request log has a line for every answer already."""

    def filter(self, record: logging.LogRecord) -> bool:
        return bool(record.exc_info)


class TextFormatter(logging.Formatter):
    """For a person at a terminal: time, level, message, extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in extra_fields(record).items())
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        text = without_secrets(f"{time} {record.levelname.lower():7} {record.getMessage()}{fields}")
        text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
        if record.exc_info:
            text += "\n" + without_secrets(self.formatException(record.exc_info))
        return text


def extra_fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the caller gave as `extra=`, values of secret-looking names struck out."""
    return {
        name: "***" if SECRET_FIELD.search(name) else without_secrets(value) if isinstance(value, str) else value
        for name, value in vars(record).items()
        if name not in STANDARD
    }


def without_secrets(text: str) -> str:
    """Strike out bearer tokens, JWTs, the passwords in URLs and the tokens of hooks, wherever they came from."""
    for pattern, replacement in SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


def logging_settings(form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to stderr in one form. Access lines are ours, not gunicorn's or Django's."""
    formatter = JsonFormatter if form == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"only crashes": {"()": OnlyCrashes}},
        "formatters": {"ips": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ips"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR", "filters": ["only crashes"]},
            "django.server": {"level": "ERROR"},
            # RQ writes function names and arguments at INFO for every turn, several a second.
            "rq": {"level": "WARNING"},
            "rq_scheduler": {"level": "WARNING"},
            # gunicorn gives these handlers of its own where nobody else does.
            "gunicorn.error": {"handlers": ["stderr"], "propagate": False, "level": "INFO"},
            "gunicorn.access": {"handlers": [], "propagate": False},
        },
    }
