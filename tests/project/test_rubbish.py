"""Whatever somebody sends, to whichever route: it is refused in words, or done. Nothing falls over."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Tenant
from accounts.routes import Route, all_routes
from tests.accounts.matrix.things import BODIES, thing_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases, pytest.mark.timeout(900)]
ROUTES = [route for route in all_routes() if route.pattern.startswith("api/v1/")]
LONG = "9" * 5000
VALUES: list[Any] = [
    None,
    True,
    -1,
    10**19,
    10**40,
    1.5,
    "",
    "x" * 70_000,
    "\u202e\u200b",
    "\uff11\uff12",
    "1_000",
    "9" * 40,
    "=1+1",
    "{}",
    "0x7f000001",
    "\x7f\x1b[31m",
    [],
    [None],
    [[[]]],
    ["", ""],
    [{}],
    [10**40],
    {},
    {"a": {"b": []}},
    {"": None},
]
BODY_TEXTS = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"5",
    b"NaN",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b'{"a": "\\u0000"}',
    b'{"a": "\\ud800"}',
    b'{"\\udfff": 1}',
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"a":' * 40 + b"1" + b"}" * 40,
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b"\x00",
]
GOOD: dict[str, dict[str, Any]] = {
    **BODIES,
    "PATCH image-list-detail": {"name": "New", "images": ["nginx:1"], "notes": "", "tags": ["a"]},
    "PATCH policy-detail": {"images": ["nginx:1"], "node_selector": "a=b", "settle_seconds": 1, "task": {}},
    "PATCH membership-detail": {"role": "viewer"},
    "PATCH tenant-detail": {"name": "New", "max_priority": 3},
    "PATCH user-detail": {"email": "a@example.com", "first_name": "A", "last_name": "B", "is_active": True},
    "POST tenant-list": {"slug": "new", "name": "New", "max_priority": 3},
    "POST user-list": {"username": "new", "email": "a@example.com", "first_name": "", "is_platform_admin": False},
    "POST api-key-list": {"name": "ci", "scopes": ["read"], "networks": ["10.0.0.0/8"], "expires_in_days": 3},
    "POST api-key-rotate": {"overlap_hours": 1},
    "POST login": {"username": "root", "password": "x", "cookie": False},
    "POST password": {"current": "x", "new": "y"},
    "POST reset-password": {"token": "x", "new": "y"},
    "POST task-list": {
        "tenant": "default",
        "name": "n",
        "images": ["nginx:1.27"],
        "image_lists": [],
        "node_selector": "",
        "node_names": [],
        "all_nodes": True,
        "batch_size": 1,
        "priority": 1,
        "timeout_seconds": 60,
        "failure_limit": "10%",
        "pull_policy": "Always",
        "pull_secrets": [],
        "first_wave": 1,
        "puller": "pod",
    },
    "PATCH settings": {
        "cap_cluster": 5,
        "cap_registry_hosts": {"registry.example.com": 1},
        "intake_paused": False,
        "intake_reason": "",
        "windows": [{"days": ["mon"], "start": "01:00", "end": "02:00"}],
        "time_zone": "UTC",
        "keep_tasks_days": 5,
    },
}
QUERY_VALUES = [
    "",
    "\x00",
    "%",
    "-1",
    "0",
    LONG,
    "9" * 30,
    "9223372036854775808",
    "NaN",
    "1e9",
    "\uff11\uff12",
    "\ud7ff\uffff",
    "'\"<>{}[]()*&^$#",
    "a in (" * 500,
    "0001-01-01",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9998-12-31T23:59:59-23:59",
    "2026-02-30",
    "2026-11-26T25:00:00Z",
    "cD0x",
    "cD1hYmM=",
    "bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk=",
    "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ==",
    "cj0xJnA9LTE=",
    "cD0lMDA=",
    "b2=xJnA9",
]
QUERY_NAMES = [
    *("page", "page_size", "cursor", "format", "search", "ordering", "tenant", "status", "tag", "reason", "after"),
    *("selector", "since", "until", "action", "outcome", "actor", "target", "request_id", "as", "role", "active"),
]
HEADERS: list[dict[str, str]] = (
    [{"If-Match": value} for value in ("*", '"', "W/", ",,,", '"' + "x" * 4000 + '"', "\xff")]
    + [{"Idempotency-Key": value} for value in ("", " ", "x" * 129, "\xe9", "a b")]
    + [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=nonsense"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "\xff/\xff"},
        {"Content-Type": ""},
        {"Accept": "*/x;q=foo,,;"},
        {"Accept": "application/yaml"},
        {"Accept-Language": "x" * 4000},
        {"Range": "bytes=5-1"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Forwarded-For": "::ffff:%00, nonsense, " + "1," * 500},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xff"},
        {"Authorization": "Bearer ips_"},
        {"Authorization": "Bearer e30.e30.e30"},
        {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
        {"Authorization": "Basic " + "A" * 4000},
        {"User-Agent": "\x01\xff" * 300},
        {"X-Request-ID": "\r\nx"},
    ]
)


@pytest.fixture(autouse=True)
def many_requests(settings: Settings) -> Iterator[None]:
    settings.REQUESTS_PER_MINUTE = 0
    settings.REGISTRY_CHECK = False
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def client(as_platform_admin: APIClient) -> APIClient:
    as_platform_admin.raise_request_exception = False
    Tenant.objects.get_or_create(slug="default", defaults={"name": "default"})
    return as_platform_admin


class Sender:
    """Sends, leaves nothing behind, and remembers what fell over."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        self.sent = 0
        self.fallen: list[str] = []

    def send(self, route: Route, method: str, note: str, query: str = "", **more: Any) -> str:
        """The code of the problem, if it is one."""
        keys = re.findall(r"\(\?P<(\w+)>|<(?:\w+:)?(\w+)>", route.pattern)
        with transaction.atomic():
            pk = str(thing_of(route.name)(self.client.user, "default").pk) if keys else ""
            path = reverse(route.name, args=[pk] if keys else [])
            answer = self.client.generic(method, f"{path}?{query}" if query else path, **more)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        self.sent += 1
        code = str(json.loads(body).get("code", "")) if answer.status_code >= 400 else ""
        if answer.status_code >= 500 or (answer.status_code >= 400 and not code):
            cause = getattr(answer, "exc_info", None)
            self.fallen.append(
                f"{method} {route.name} {note[:120]}: {answer.status_code} {cause and repr(cause[1])[:200]}"
            )
        return code


@pytest.fixture
def sender(client: APIClient) -> Iterator[Sender]:
    sender = Sender(client)
    yield sender
    assert sender.fallen == []
    assert sender.sent


WRITES = [(method, route) for route in ROUTES for method in route.methods if method in ("POST", "PATCH")]
READS = [route for route in ROUTES if "GET" in route.methods]


def said(value: Any) -> str:
    return repr(value)[:60]


def test_as_a_body(sender: Sender) -> None:
    for method, route in WRITES:
        for text in BODY_TEXTS:
            sender.send(route, method, said(text), data=text, content_type="application/json")


def test_in_each_field(sender: Sender) -> None:
    for method, route in WRITES:
        good = GOOD.get(f"{method} {route.name}", GOOD["POST task-list"] if "preview" in route.name else {})
        for field in good:
            for value in VALUES:
                body = json.dumps({**good, field: value})
                sender.send(route, method, f"{field}={said(value)}", data=body, content_type="application/json")


def test_in_the_query(sender: Sender) -> None:
    asked = [route for route in READS if sender.send(route, "GET", "", "nonsense=1") == "unknown_parameter"]
    for route in asked:
        for name in QUERY_NAMES:
            if sender.send(route, "GET", name, f"{name}=1") == "unknown_parameter":
                continue
            for value in QUERY_VALUES:
                query = urlencode({name: value}, errors="surrogatepass")
                sender.send(route, "GET", f"{name}={said(value)}", query)
        for query in ("%", "page=%ff", "page=%ed%a0%80", "&&&=", "a" * 8000, "page=1&page=2"):
            sender.send(route, "GET", said(query), query)


def test_in_the_headers(sender: Sender) -> None:
    for route in ROUTES:
        for method in route.methods:
            good = json.dumps(GOOD.get(f"{method} {route.name}", {}))
            for headers in HEADERS:
                rest = {name: value for name, value in headers.items() if name != "Content-Type"}
                kind = headers.get("Content-Type", "application/json")
                sender.send(route, method, said(headers), data=good, content_type=kind, headers=rest)
