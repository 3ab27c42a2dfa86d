"""From Kubernetes' Node objects to rows: all that matters, only what changed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from prewarm import node_rows
from prewarm.models import Node
from prewarm.node_rows import forget, quantity, row_of, write

Json = dict[str, Any]
NOW = timezone.now()


def node_object(name: str = "n1") -> Json:
    """A Node as an API server tells it."""
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "labels": {"pool": "gpu", "kubernetes.io/arch": "amd64"},
            "annotations": {"volumes": "changing"},
            "managedFields": [{"time": "2026-11-23T03:00:00Z"}],
        },
        "spec": {
            "unschedulable": True,
            "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule", "timeAdded": "2026-11-23T03:00:00Z"}],
        },
        "status": {
            "allocatable": {"cpu": "4", "ephemeral-storage": "10Gi"},
            "conditions": [
                {"type": "MemoryPressure", "status": "False"},
                {"type": "DiskPressure", "status": "True", "lastHeartbeatTime": "2026-11-23T03:00:00Z"},
                {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-11-23T03:00:00Z"},
            ],
            "nodeInfo": {
                "operatingSystem": "linux",
                "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2.2.9",
                "kubeletVersion": "v1.36.4",
            },
            "images": [
                {"names": ["docker.io/library/nginx:1", "docker.io/library/nginx@sha256:aa"], "sizeBytes": 78005565},
                {"names": None, "sizeBytes": 1},
            ],
        },
    }


def test_a_row_holds_what_planning_and_pulling_ask_for() -> None:
    row = row_of(node_object(), NOW)

    assert (row.name, row.uid, row.seen_at) == ("n1", "uid-n1", NOW)
    assert row.labels == {"pool": "gpu", "kubernetes.io/arch": "amd64"}
    assert row.taints == [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
    assert (row.unschedulable, row.ready, row.disk_pressure) == (True, True, True)
    assert (row.os, row.arch, row.runtime) == ("linux", "amd64", "containerd://2.2.9")
    assert (row.kubelet_version, row.disk_bytes) == ("v1.36.4", 10 * 1024**3)
    assert row.images == [[78005565, ["docker.io/library/nginx:1", "docker.io/library/nginx@sha256:aa"]], [1, []]]


@pytest.mark.parametrize("more", [{}, {"spec": None, "status": None}, {"spec": {}, "status": {}}])
def test_a_node_that_has_told_nothing_yet_is_not_ready(more: Json) -> None:
    row = row_of({"metadata": {"name": "new", "uid": "u"}, **more}, NOW)

    assert (row.ready, row.unschedulable, row.disk_pressure, row.os, row.disk_bytes) == (False, False, False, "", 0)
    assert (row.labels, row.taints, row.images) == ({}, [], [])


@pytest.mark.parametrize(
    ("told", "understood"),
    [
        ("2026-11-27T02:00:00Z", datetime(2026, 11, 27, 2, tzinfo=UTC)),
        ("2026-11-27T02:00:00", None),
        ("2026-02-30T02:00:00Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_since_when_a_node_is_ready_is_the_clusters_word(told: str | None, understood: datetime | None) -> None:
    node = node_object()
    node["status"]["conditions"][2]["lastTransitionTime"] = told

    assert row_of(node, NOW).ready_changed_at == understood


@pytest.mark.parametrize("status", ["False", "Unknown", None])
def test_a_node_is_ready_only_when_it_says_so(status: str | None) -> None:
    told = node_object()
    told["status"]["conditions"][2]["status"] = status

    assert not row_of(told, NOW).ready


def changed(path: str, value: Any) -> Json:
    """A Node that differs from the usual one in one place."""
    told = copy.deepcopy(node_object())
    place: Any = told
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parents:
        place = place[part]
    place[last] = value
    return told


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata/resourceVersion", "2"),
        ("metadata/annotations", {"volumes": "changed"}),
        ("metadata/managedFields", []),
        ("status/conditions/2/lastHeartbeatTime", "2026-11-23T04:00:00Z"),
        ("status/conditions/0/status", "True"),
        ("status/allocatable/cpu", "8"),
        ("spec/podCIDR", "10.0.0.0/24"),
        ("spec/taints/0/timeAdded", "2026-11-23T04:00:00Z"),
    ],
)
def test_a_heartbeat_changes_nothing(path: str, value: Any) -> None:
    later = NOW + timedelta(seconds=40)

    assert row_of(changed(path, value), later).digest == row_of(node_object(), NOW).digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata/uid", "another"),
        ("metadata/labels/pool", "cpu"),
        ("metadata/labels", None),
        ("spec/unschedulable", False),
        ("spec/taints", []),
        ("spec/taints/0/effect", "NoExecute"),
        ("status/conditions/1/status", "False"),
        ("status/conditions/2/status", "Unknown"),
        ("status/allocatable/ephemeral-storage", "9Gi"),
        ("status/nodeInfo/kubeletVersion", "v1.37.0"),
        ("status/nodeInfo/containerRuntimeVersion", "containerd://2.3.0"),
        ("status/images", []),
        ("status/images/0/names", ["docker.io/library/nginx:1"]),
        ("status/images/0/sizeBytes", 1),
    ],
)
def test_whatever_matters_changes_the_digest(path: str, value: Any) -> None:
    assert row_of(changed(path, value), NOW).digest != row_of(node_object(), NOW).digest


def test_the_order_of_labels_does_not_matter() -> None:
    labels = dict(reversed(node_object()["metadata"]["labels"].items()))

    assert row_of(changed("metadata/labels", labels), NOW).digest == row_of(node_object(), NOW).digest


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10Gi", 10 * 1024**3),
        ("1.5Gi", 1024**3 * 3 // 2),
        ("47093746742", 47093746742),
        ("128Ki", 128 * 1024),
        ("1Mi", 1024**2),
        ("2Ti", 2 * 1024**4),
        ("1Pi", 1024**5),
        ("5k", 5000),
        ("5M", 5_000_000),
        ("5G", 5_000_000_000),
        ("5T", 5_000_000_000_000),
        ("0", 0),
        ("", 0),
        (None, 0),
        ("100m", 0),
        ("-1Gi", 0),
        ("Gi", 0),
        ("1 Gi", 0),
        ("1.2.3Gi", 0),
        (".Gi", 0),
        ("\u00b2Gi", 0),
        ("\u0661", 0),
        ("9" * 5000, 0),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_quantity_is_read_in_bytes_and_what_cannot_be_read_is_none(text: str | None, number: int) -> None:
    assert quantity(text) == number


@pytest.mark.django_db
@pytest.mark.databases
class TestWriting:
    def test_only_what_changed_is_written(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        known: dict[str, str] = {}

        assert write([row_of(node_object(name), NOW) for name in ("n1", "n2")], known) == 2
        with django_assert_num_queries(0):
            assert write([row_of(node_object(name), NOW) for name in ("n1", "n2")], known) == 0
        cordoned = changed("spec/unschedulable", False)
        assert write([row_of(cordoned, NOW), row_of(node_object("n2"), NOW)], known) == 1

        assert list(Node.objects.values_list("name", "unschedulable")) == [("n1", False), ("n2", True)]

    def test_a_row_that_is_there_already_is_brought_up_to_date(self) -> None:
        write([row_of(node_object(), NOW)], {})

        write([row_of(changed("metadata/labels/pool", "cpu"), NOW + timedelta(hours=1))], {})

        row = Node.objects.get()
        assert row.labels["pool"] == "cpu"
        assert row.seen_at == NOW + timedelta(hours=1)

    def test_a_node_that_tells_more_than_a_row_holds_keeps_nobody_from_being_written(self) -> None:
        talkative = node_object()
        talkative["status"]["nodeInfo"] = {
            "operatingSystem": "linux" * 10,
            "architecture": "amd64" * 10,
            "containerRuntimeVersion": "containerd://2.2.9-" + "x" * 100,
            "kubeletVersion": "v1.31.0-alpha.0.1234+0123456789abcd-dirty",
        }

        assert write([row_of(talkative, NOW), row_of(node_object("n2"), NOW)], {}) == 2

        kept = Node.objects.get(pk="n1")
        assert kept.kubelet_version == "v1.31.0-alpha.0.1234+0123456789abcd-dirt"
        assert kept.runtime.startswith("containerd://2.2.9-x")

    def test_many_are_written_in_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(node_rows, "ROWS", 3)
        known: dict[str, str] = {}

        assert write([row_of(node_object(f"n{n}"), NOW) for n in range(8)], known) == 8

        assert Node.objects.count() == len(known) == 8

    def test_no_statement_grows_much_beyond_what_it_may_hold(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        monkeypatch.setattr(node_rows, "BYTES", 100_000)
        names = [f"registry.example.com/{'team/' * 20}app@sha256:{n:064d}" for n in range(100)]
        full = changed("status/images", [{"sizeBytes": n, "names": [name]} for n, name in enumerate(names)])
        rows = [row_of({**full, "metadata": {**full["metadata"], "name": f"n{n}"}}, NOW) for n in range(12)]
        known: dict[str, str] = {}

        with django_assert_num_queries(3) as asked:  # four nodes of 20 KB in each
            assert write(rows, known) == 12

        assert Node.objects.count() == len(known) == 12
        assert max(len(query["sql"]) for query in asked) < 2 * 100_000

    def test_nodes_that_left_are_forgotten(self) -> None:
        known: dict[str, str] = {}
        write([row_of(node_object(name), NOW) for name in ("n1", "n2")], known)

        forget(["n1", "never-there"], known)

        assert list(Node.objects.values_list("name", flat=True)) == ["n2"]
        assert known.keys() == {"n2"}

    def test_a_node_that_comes_back_unchanged_is_written_again(self) -> None:
        known: dict[str, str] = {}
        write([row_of(node_object(), NOW)], known)
        forget(["n1"], known)

        assert write([row_of(node_object(), NOW)], known) == 1
        assert Node.objects.count() == 1
