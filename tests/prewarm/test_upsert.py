"""Many rows written at once: the named columns of those that are there, whole rows of those that are not."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from prewarm.models import Node, NodeResult
from prewarm.upsert import upsert
from tests.prewarm.rows import asked, cluster_of

pytestmark = [pytest.mark.databases, pytest.mark.django_db]


def test_only_the_named_columns_of_a_row_change() -> None:
    task = asked()
    row = NodeResult.objects.create(task=task, node="n1", images=[[0]], reason="no_room")
    row.status, row.reason, row.images, row.change = "succeeded", "", [[0, "pulled"]], 7

    upsert([row], ["status", "images", "change"])

    stored = NodeResult.objects.get()
    assert (stored.pk, stored.status, stored.images, stored.change) == (row.pk, "succeeded", [[0, "pulled"]], 7)
    assert stored.reason == "no_room"


def test_a_row_that_is_not_there_is_inserted_whole() -> None:
    (node,) = cluster_of("n1", labels={"pool": "gpu"})
    node.name = "n2"

    upsert([node], ["digest"])

    assert Node.objects.get(name="n2").labels == {"pool": "gpu"}


def test_a_statement_takes_as_many_rows_as_allowed(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = cluster_of("n1", "n2", "n3", "n4", "n5")

    with django_assert_num_queries(3):
        upsert(rows, ["digest"], at_once=2)


def test_nothing_to_write_asks_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        upsert([], ["digest"])
