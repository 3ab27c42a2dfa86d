"""The admin with millions of rows: what its lists and searches ask is answered by an index, as SQLite's plans say."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin import pages
from accounts.admin.pages import Browsed, begins
from accounts.models import AuditEntry, IdempotentRequest, Session, SignInAttempt, Tenant
from prewarm.models import (
    AskedPairs,
    Batch,
    ImageCount,
    Message,
    NodeAttempt,
    NodeResult,
    PolicyNode,
    RegistryCheck,
    Task,
    TaskEvent,
)
from tests.people import person
from tests.prewarm.rows import asked
from webhooks.models import Arrival, Gathering

pytestmark = pytest.mark.django_db
GROW: list[type[Model]] = [
    *(AuditEntry, IdempotentRequest, Session, SignInAttempt),
    *(Arrival, Gathering),
    *(Batch, ImageCount, Message, NodeAttempt, NodeResult, RegistryCheck, Task, TaskEvent),
    *(AskedPairs, PolicyNode),
]
NOBODYS = "00000000-0000-4000-8000-000000000000"
BY_LABEL = pytest.mark.parametrize("model", GROW, ids=lambda model: model._meta.label)


def pages_of(model: type[Model]) -> Browsed:
    Client().get("/admin/login/")  # loads the pages
    found = admin.site._registry[model]
    assert isinstance(found, Browsed)
    return found


def listed(model: type[Model], **query: str) -> QuerySet[Any]:
    """The rows of a page of the list, with these filters."""
    request = RequestFactory().get("/", query)
    request.user = person("root", platform_admin=True)
    return pages_of(model).get_changelist_instance(request).get_queryset(request)[:50]


@BY_LABEL
def test_a_list_sorts_nothing(model):
    assert "TEMP B-TREE FOR ORDER BY" not in listed(model).explain()  # of what is equal, the rest may be


@BY_LABEL
def test_a_search_reads_no_table_from_one_end_to_the_other(model):
    mine = pages_of(model)
    ways = [begins(model, field, term) for field in mine.search_fields for term in ("nightly", str(uuid.uuid4()))]

    assert any(ways)
    for wanted in filter(None, ways):
        plan = mine.get_queryset(RequestFactory().get("/")).filter(wanted).explain()
        assert "SEARCH" in plan and "SCAN" not in plan, plan


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Task, {"status__exact": "running"}),
        (Task, {"created_at__gte": "2026-11-01 00:00:00+00:00"}),
        (Task, {"tenant__id__exact": NOBODYS}),
        (Batch, {"status__exact": "open"}),
        (AuditEntry, {"tenant__id__exact": NOBODYS}),
        (Session, {"open": "yes"}),
    ],
    ids=str,
)
def test_a_filter_has_an_index(model, query):
    Tenant.objects.create(slug="second")  # of one tenant alone there is nothing to choose

    plan = listed(model, **query).explain()

    assert "SEARCH" in plan and "SCAN" not in plan, plan


@BY_LABEL
def test_a_head_of_a_column_offers_no_order_that_would_sort_everything(model):
    assert pages_of(model).sortable_by == ()


def test_nothing_is_counted_to_its_end(administrator, monkeypatch):
    monkeypatch.setattr(pages, "MOST_COUNTED", 3)
    user = person("otto")
    for number in range(5):
        Session.objects.create(user=user, expires_at=timezone.now(), user_agent=str(number))

    with CaptureQueriesContext(connection) as asked_for:
        page = administrator.get("/admin/accounts/session/")

    assert page.context["cl"].result_count == 3
    counts = [query["sql"] for query in asked_for if "COUNT(" in query["sql"]]
    assert counts and all("LIMIT 3" in sql for sql in counts)


def test_a_task_is_found_by_its_id_or_by_how_its_name_begins(administrator):
    nightly, weekly = asked(name="Nightly of the team"), asked(name="Weekly")

    def found(term: str) -> list[Task]:
        return list(administrator.get("/admin/prewarm/task/", {"q": term}).context["cl"].result_list)

    assert found(str(weekly.pk)) == [weekly]
    assert found("Nightly of") == [nightly]
    assert found("of the team") == []
    assert found("%") == []


def test_the_page_of_a_list_asks_for_no_more_with_more_rows(administrator):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked_for:
            administrator.get("/admin/prewarm/task/")
        return len(asked_for)

    asked(name="One")
    with_one = queries()
    for number in range(10):
        asked(name=f"Number {number}", tenant=f"team-{number}")

    assert queries() == with_one
