"""Lists: pages, selectors, and the moment that they show."""

from __future__ import annotations

import pytest

from tests.contract.pods import Pods, held
from tests.contract.server import Json, Server

NOWHERE = "no-such-node"


def make(pods: Pods, image: str, **labels: str) -> Json:
    pod = held(image, node=NOWHERE)
    pod["metadata"]["labels"] = labels
    return pods.create(pod)


def names(found: Json) -> set[str]:
    return {item["metadata"]["name"] for item in found["items"]}


def test_a_list_tells_its_kind_and_its_version(cluster: Server, pods: Pods) -> None:
    made = make(pods, cluster.small)

    found = cluster.get(pods.path)

    assert (found["kind"], found["apiVersion"]) == ("PodList", "v1")
    assert int(found["metadata"]["resourceVersion"]) >= int(made["metadata"]["resourceVersion"])
    assert [item["metadata"]["uid"] for item in found["items"]] == [made["metadata"]["uid"]]
    assert "kind" not in found["items"][0]


def test_pages_are_together_the_whole_list(cluster: Server, pods: Pods) -> None:
    made = {make(pods, cluster.small)["metadata"]["name"] for _ in range(5)}

    first = cluster.get(pods.path, limit=2)
    second = cluster.get(pods.path, limit=2, **{"continue": first["metadata"]["continue"]})
    third = cluster.get(pods.path, limit=2, **{"continue": second["metadata"]["continue"]})

    assert [len(page["items"]) for page in (first, second, third)] == [2, 2, 1]
    assert names(first) | names(second) | names(third) == made
    assert first["metadata"]["remainingItemCount"] == 3
    assert second["metadata"]["remainingItemCount"] == 1
    assert "continue" not in third["metadata"]


def test_later_pages_show_the_moment_of_the_first(cluster: Server, pods: Pods) -> None:
    made = [make(pods, cluster.small) for _ in range(4)]

    first = cluster.get(pods.path, limit=2)
    late = make(pods, cluster.small)
    for pod in made:
        cluster.delete(pods.at(pod), gracePeriodSeconds=0)
    second = cluster.get(pods.path, limit=10, **{"continue": first["metadata"]["continue"]})

    assert names(first) | names(second) == {pod["metadata"]["name"] for pod in made}
    assert late["metadata"]["name"] not in names(second)
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_pages_of_a_selection_do_not_count_what_is_left(cluster: Server, pods: Pods) -> None:
    for _ in range(3):
        make(pods, cluster.small, tier="a")
    make(pods, cluster.small, tier="b")

    first = cluster.get(pods.path, limit=2, labelSelector="tier=a")
    second = cluster.get(pods.path, limit=2, labelSelector="tier=a", **{"continue": first["metadata"]["continue"]})

    assert "remainingItemCount" not in first["metadata"]
    assert [len(page["items"]) for page in (first, second)] == [2, 1]


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("tier=a", {"1", "2"}),
        ("tier==a", {"1", "2"}),
        ("tier!=a", {"3", "4"}),
        ("tier in (a,b)", {"1", "2", "3"}),
        ("tier notin (a, b)", {"4"}),
        ("tier", {"1", "2", "3"}),
        ("!tier", {"4"}),
        ("tier=a,disk=ssd", {"2"}),
        ("tier=a,disk!=ssd", {"1"}),
        ("example.com/team=x", {"4"}),
        ("tier in (a),disk in (ssd,hdd)", {"2"}),
        ("tier=", set()),
    ],
)
def test_labels_select(cluster: Server, pods: Pods, selector: str, chosen: set[str]) -> None:
    labels: dict[str, dict[str, str]] = {
        "1": {"tier": "a"},
        "2": {"tier": "a", "disk": "ssd"},
        "3": {"tier": "b"},
        "4": {"example.com/team": "x"},
    }
    made = {make(pods, cluster.small, **own)["metadata"]["name"]: number for number, own in labels.items()}

    found = cluster.get(pods.path, labelSelector=selector)

    assert {made[name] for name in names(found)} == chosen


def test_fields_select(cluster: Server, pods: Pods) -> None:
    here, there = make(pods, cluster.small), make(pods, cluster.small)

    by_name = cluster.get(pods.path, fieldSelector=f"metadata.name={here['metadata']['name']}")
    by_node = cluster.get(pods.path, fieldSelector=f"spec.nodeName={NOWHERE},status.phase=Pending")
    by_other = cluster.get(pods.path, fieldSelector=f"spec.nodeName!={NOWHERE}")

    assert names(by_name) == {here["metadata"]["name"]}
    assert names(by_node) == {here["metadata"]["name"], there["metadata"]["name"]}
    assert names(by_other) == set()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"labelSelector": "a b"}, "unable to parse requirement: found 'b', expected"),
        ({"fieldSelector": "spec.foo=1"}, "field label not supported: spec.foo"),
        ({"fieldSelector": "bad"}, "invalid selector: 'bad'; can't understand 'bad'"),
        ({"continue": "abc"}, "continue key is not valid"),
        ({"limit": "abc"}, 'strconv.ParseInt: parsing "abc": invalid syntax'),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    cluster: Server, pods: Pods, query: dict[str, str], message: str
) -> None:
    answer = cluster.http.get(pods.path, params=query)

    assert answer.status_code == 400
    assert answer.json()["reason"] == "BadRequest"
    assert message in answer.json()["message"]


def test_any_version_will_do_with_version_zero(cluster: Server, pods: Pods) -> None:
    answer = cluster.http.get(pods.path, params={"resourceVersion": "0"})

    assert answer.status_code == 200
    assert answer.json()["kind"] == "PodList"


def test_nodes_are_listed_in_pages(cluster: Server) -> None:
    first = cluster.get("/api/v1/nodes", limit=1)
    second = cluster.get("/api/v1/nodes", limit=1, **{"continue": first["metadata"]["continue"]})

    assert (first["kind"], len(first["items"]), len(second["items"])) == ("NodeList", 1, 1)
    assert names(first) != names(second)
    assert first["metadata"]["remainingItemCount"] >= 1


def test_a_namespace_that_does_not_exist_has_an_empty_list(cluster: Server) -> None:
    assert cluster.get("/api/v1/namespaces/no-such-namespace/pods")["items"] == []
