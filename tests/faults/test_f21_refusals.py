"""F21: 403, 401 and their kin. A clear no ends a node with the API server's own words, without a storm of tries."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from prewarm.models import NodeSlot
from tests.contract.pods import held
from tests.faults.api_stage import ALL_AT_ONCE, ApiStage, outcomes
from tests.faults.proxied import PODS, PULL_NAMESPACE
from tests.fleet.fixtures import NODES


def test_f21_without_the_right_to_create_nodes_fail_at_once(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1.5, batch_size=5, concurrency=3, parallel_batches=1)
    api.until_done(task, chance.randint(1, 8))
    with api.cluster.rights_without("create"):
        api.end_of(task)

    found = outcomes(task)
    assert found.keys() == {"succeeded", "failed forbidden"}
    refused = Counter(one.name for one in api.proxy.asked("create", "pods") if one.code == 403)
    assert set(refused.values()) == {1} and len(refused) == found["failed forbidden"]
    assert 'cannot create resource "pods"' in messages(api, task)


def test_f21_without_any_right_pulls_in_flight_are_waited_for(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(8 + chance.random(), batch_size=NODES, concurrency=NODES, parallel_batches=1)
    api.until(lambda: NodeSlot.objects.exclude(uid="").count() == NODES, "all pull jobs to be made")
    with api.cluster.rights_without("*"):
        api.until_it_waits(task, "cluster_refuses")
        begun = time.monotonic()
        api.for_a_while(3)
        refused = Counter(
            f"{one.verb} {one.resource}" for one in list(api.proxy.log) if one.at >= begun and one.code == 403
        )

    assert 0 < refused.total() <= 30, refused
    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE


def test_f21_without_any_right_what_is_cancelled_is_deleted_when_they_are_back(
    api: ApiStage, chance: random.Random
) -> None:
    task = api.ask_slow(120, batch_size=NODES, concurrency=NODES, parallel_batches=1)
    api.until(lambda: NodeSlot.objects.exclude(uid="").count() == NODES, "all pull jobs to be made")
    with api.cluster.rights_without("*"):
        api.until_it_waits(task, "cluster_refuses", at_least=timedelta(seconds=5))  # so long both workers know it
        api.http.post(f"tasks/{task.pk}/cancel/").raise_for_status()
        api.for_a_while(1 + 2 * chance.random())
        refused = [one for one in api.proxy.asked("delete", "pods") if one.code == 403]

    assert refused == []
    api.end_of(task)
    assert (task.status, task.cancelled) == ("cancelled", NODES)


def test_f21_a_token_that_was_replaced_in_its_file_is_read_anew(api: ApiStage, chance: random.Random) -> None:
    task = api.ask_slow(1.5, batch_size=NODES, concurrency=2, parallel_batches=1)
    api.until_done(task, chance.randint(0, 6))
    api.cluster.new_token()

    api.until(lambda: any(one.code == 401 for one in api.proxy.log), "the old token to be refused")
    api.end_of(task)
    assert outcomes(task) == ALL_AT_ONCE
    assert api.http.get("tasks/").status_code == 200


def test_f21_a_pod_that_the_namespace_forbids_fails_with_the_words_of_the_api_server(
    api: ApiStage, chance: random.Random
) -> None:
    least = {"type": "Container", "min": {"cpu": "100m"}}
    with beside(api, "limitranges", {"limits": [least]}):
        puller = chance.choice(["pod", "job"])
        # All at once: a Job's refusal is looked for every 15 s, and controllers are slow to tell of it.
        task = api.ask(batch_size=NODES, concurrency=NODES, puller=puller)
        api.end_of(task)

    assert outcomes(task) == {"failed forbidden": NODES}
    creates = Counter(one.name for one in api.proxy.asked("create", f"{puller}s"))
    assert set(creates.values()) == {1}
    assert "minimum cpu usage per Container is 100m" in messages(api, task)


def test_f21_a_full_quota_is_waited_out(api: ApiStage, chance: random.Random) -> None:
    with beside(api, "resourcequotas", {"hard": {"pods": "3"}}):
        task = api.ask(batch_size=NODES, concurrency=chance.randint(6, 10), max_attempts=20, retry_backoff_seconds=1)
        api.end_of(task)

    found = outcomes(task)
    assert sum(found.values()) == NODES and all(way.startswith("succeeded") for way in found)
    assert any("after quota_denied" in way for way in found)
    assert {way.count("after") for way in found} == {way.count("after quota_denied") for way in found}


def messages(api: ApiStage, task: Any) -> str:
    """What is told of the task's nodes, all in one."""
    return api.http.get(f"tasks/{task.pk}/nodes/").raise_for_status().text.replace('\\"', '"')


@contextmanager
def beside(api: ApiStage, resource: str, spec: dict[str, Any]) -> Iterator[None]:
    """The pull namespace has such an object inside this block, and minds it."""
    path = f"{PULL_NAMESPACE}/{resource}"
    api.cluster.server.post(path, {"metadata": {"name": "by-a-test"}, "spec": spec})
    if resource == "limitranges":
        probe = held("docker.io/library/busybox:1")
        api.until(
            lambda: api.cluster.server.http.post(PODS, params={"dryRun": "All"}, json=probe).status_code == 403,
            "the API server to mind it",
        )
    else:
        api.until(lambda: "hard" in api.cluster.server.get(f"{path}/by-a-test")["status"], "the quota to be counted")
    try:
        yield
    finally:
        api.cluster.server.delete(f"{path}/by-a-test")
