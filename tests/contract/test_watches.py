"""Watches: following a list without missing anything."""

from __future__ import annotations

import itertools
import json
import time

from tests.contract.pods import Pods, held
from tests.contract.server import Json, Server

NOWHERE = "no-such-node"


def make(pods: Pods, **labels: str) -> Json:
    pod = held(pods.server.small, node=NOWHERE)
    pod["metadata"]["labels"] = labels
    return pods.create(pod)


def version_of(pods: Pods) -> str:
    return str(pods.server.get(pods.path, limit=1)["metadata"]["resourceVersion"])


def told(lines: list[Json]) -> list[tuple[str, str]]:
    refused = [line for line in lines if line["type"] == "ERROR"]
    assert not refused, json.dumps(refused)
    return [(line["type"], line["object"]["metadata"]["name"]) for line in lines if line["type"] != "BOOKMARK"]


def test_what_happens_after_a_list_is_told_in_order(cluster: Server, pods: Pods) -> None:
    version = version_of(pods)
    pod = make(pods, step="1")
    cluster.patch(pods.at(pod), {"metadata": {"labels": {"step": "2"}}})
    cluster.delete(pods.at(pod), gracePeriodSeconds=0)

    lines = list(cluster.watch(pods.path, cluster.glance, resourceVersion=version))

    name = pod["metadata"]["name"]
    assert told(lines)[:2] == [("ADDED", name), ("MODIFIED", name)]
    assert told(lines)[-1] == ("DELETED", name)
    versions = [int(line["object"]["metadata"]["resourceVersion"]) for line in lines]
    assert versions == sorted(versions)
    assert versions[0] > int(version)
    assert (lines[0]["object"]["kind"], lines[0]["object"]["apiVersion"]) == ("Pod", "v1")
    assert lines[-1]["object"]["metadata"]["deletionTimestamp"]


def test_a_watch_tells_what_happens_while_it_runs(cluster: Server, pods: Pods) -> None:
    lines = cluster.watch(pods.path, 30, resourceVersion=version_of(pods))
    first, second = make(pods), make(pods)

    found = list(itertools.islice(lines, 2))

    assert told(found) == [("ADDED", first["metadata"]["name"]), ("ADDED", second["metadata"]["name"])]


def test_a_watch_without_a_version_begins_with_what_is_there(cluster: Server, pods: Pods) -> None:
    there = make(pods)

    lines = list(cluster.watch(pods.path, cluster.glance))

    assert told(lines) == [("ADDED", there["metadata"]["name"])]


def test_what_leaves_the_selection_is_told_as_deleted(cluster: Server, pods: Pods) -> None:
    pod = make(pods, tier="a")
    version = version_of(pods)
    changed = cluster.patch(pods.at(pod), {"metadata": {"labels": {"tier": "b"}}})
    cluster.patch(pods.at(pod), {"metadata": {"labels": {"tier": "a"}}})

    lines = list(cluster.watch(pods.path, cluster.glance, resourceVersion=version, labelSelector="tier=a"))

    name = pod["metadata"]["name"]
    assert told(lines) == [("DELETED", name), ("ADDED", name)]
    assert lines[0]["object"]["metadata"]["labels"] == {"tier": "a"}
    assert lines[0]["object"]["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]


def test_a_watch_may_select_by_field(cluster: Server, pods: Pods) -> None:
    wanted, _ = make(pods), make(pods)

    lines = list(cluster.watch(pods.path, cluster.glance, fieldSelector=f"metadata.name={wanted['metadata']['name']}"))

    assert told(lines) == [("ADDED", wanted["metadata"]["name"])]


def test_a_watch_ends_when_its_time_is_over(cluster: Server, pods: Pods) -> None:
    begun = time.monotonic()

    lines = list(cluster.watch(pods.path, 1, resourceVersion=version_of(pods)))

    assert lines == []
    assert time.monotonic() - begun >= 0.9


def test_a_watch_can_go_on_from_a_bookmark(cluster: Server, pods: Pods) -> None:
    version = version_of(pods)
    before = make(pods)
    lines: list[Json] = []

    for line in cluster.watch(pods.path, 80, resourceVersion=version, allowWatchBookmarks="true"):
        lines.append(line)
        if line["type"] == "BOOKMARK":
            break  # a real server sends one about every minute
    bookmark = lines[-1]["object"]
    after = make(pods)
    later = list(cluster.watch(pods.path, cluster.glance, resourceVersion=bookmark["metadata"]["resourceVersion"]))

    assert bookmark["kind"] == "Pod"
    assert not bookmark["metadata"].get("name")
    assert int(bookmark["metadata"]["resourceVersion"]) > int(version)
    assert told(lines)[0] == ("ADDED", before["metadata"]["name"])
    assert ("ADDED", after["metadata"]["name"]) in told(later)
    assert ("ADDED", before["metadata"]["name"]) not in told(later)


def test_nodes_can_be_watched(cluster: Server) -> None:
    node = cluster.nodes[0]
    version = cluster.get("/api/v1/nodes", limit=1)["metadata"]["resourceVersion"]
    cluster.patch(f"/api/v1/nodes/{node}", {"metadata": {"labels": {"ips.io/contract": "1"}}})
    cluster.patch(f"/api/v1/nodes/{node}", {"metadata": {"labels": {"ips.io/contract": None}}})

    lines = list(cluster.watch("/api/v1/nodes", cluster.glance, resourceVersion=version))

    ours = [line for line in lines if line["object"]["metadata"]["name"] == node]
    assert {line["type"] for line in ours} == {"MODIFIED"}
    assert any(line["object"]["metadata"]["labels"].get("ips.io/contract") == "1" for line in ours)
    assert "ips.io/contract" not in ours[-1]["object"]["metadata"]["labels"]
