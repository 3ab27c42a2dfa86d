"""Looking at the cluster's nodes."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from tests.prewarm.rows import cluster_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
NODES = "/api/v1/nodes/"


@pytest.fixture(autouse=True)
def cluster() -> None:
    cluster_of("gpu-1", "gpu-2", labels={"pool": "gpu", "zone": "a"}, images=[[1, ["a:1"]], [2, ["b:1"]]])
    cluster_of("cpu-1", labels={"pool": "cpu", "zone": "b"}, unschedulable=True)
    cluster_of("away", ready=False, kubelet_version="v1.36.4", taints=[{"key": "x", "effect": "NoExecute"}])


def names(client: APIClient, **query: Any) -> list[str]:
    answer = client.get(NODES, query)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_they_come_by_name_with_what_planning_looks_at(as_vera: APIClient) -> None:
    body = as_vera.get(NODES).json()

    assert body["count"] == 4
    away, _, gpu, _ = body["results"]
    assert (away["name"], away["ready"], away["kubelet_version"]) == ("away", False, "v1.36.4")
    assert away["taints"] == [{"key": "x", "effect": "NoExecute"}]
    assert (gpu["name"], gpu["os"], gpu["arch"], gpu["images"]) == ("gpu-1", "linux", "amd64", 2)
    assert gpu["labels"] == {"pool": "gpu", "zone": "a"}
    assert gpu["seen_at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"selector": "pool=gpu"}, ["gpu-1", "gpu-2"]),
        ({"selector": "pool"}, ["cpu-1", "gpu-1", "gpu-2"]),
        ({"selector": "!pool"}, ["away"]),
        ({"selector": "pool!=gpu"}, ["away", "cpu-1"]),
        ({"selector": "zone in (a,b),pool notin (gpu)"}, ["cpu-1"]),
        ({"selector": "pool=none"}, []),
        ({"search": "GPU"}, ["gpu-1", "gpu-2"]),
        ({"search": "-1", "selector": "pool=gpu"}, ["gpu-1"]),
        ({"search": "%"}, []),
        ({"selector": "", "search": ""}, ["away", "cpu-1", "gpu-1", "gpu-2"]),
    ],
)
def test_they_can_be_found_by_label_and_name(as_vera: APIClient, query: dict[str, str], found: list[str]) -> None:
    assert names(as_vera, **query) == found


def test_a_selector_that_cannot_be_read_is_refused_with_its_field(as_vera: APIClient) -> None:
    answer = as_vera.get(NODES, {"selector": "a b"})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["selector"]


def test_an_unknown_parameter_is_refused(as_vera: APIClient) -> None:
    answer = as_vera.get(NODES, {"label": "pool=gpu"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter")


def test_they_come_in_pages(as_vera: APIClient) -> None:
    assert [names(as_vera, page_size=3, page=page) for page in (1, 2)] == [["away", "cpu-1", "gpu-1"], ["gpu-2"]]


def test_all_members_of_any_tenant_see_them(as_mallory: APIClient, as_platform_admin: APIClient) -> None:
    assert len(names(as_mallory)) == len(names(as_platform_admin)) == 4


def test_who_belongs_to_no_tenant_does_not(as_nobody: APIClient, anonymous: APIClient) -> None:
    assert as_nobody.get(NODES).status_code == 403
    assert anonymous.get(NODES).status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_them_here(as_ada: APIClient, method: str) -> None:
    assert getattr(as_ada, method)(NODES, {}).status_code == 405


def test_many_nodes_take_no_more_statements(
    as_vera: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    cluster_of(*(f"n{n:03}" for n in range(300)), labels={"pool": "big"})

    with django_assert_max_num_queries(8):
        assert len(names(as_vera, selector="pool=big", page_size=200)) == 200


def test_a_selector_may_match_thousands(as_vera: APIClient) -> None:
    cluster_of(*(f"n{n:04}" for n in range(5000)), labels={"pool": "big"})

    assert as_vera.get(NODES, {"selector": "pool=big"}).json()["count"] == 5000
