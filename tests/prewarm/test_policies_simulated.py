"""Policies from end to end on a simulated cluster: watcher, tick, worker, kubelets."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Tenant
from prewarm.cluster import Cluster
from prewarm.models import NodeView, OwnPull, Policy, PolicyNode, Task
from prewarm.policies import passing, rounds, workloads
from prewarm.policies.gaps import read
from prewarm.watcher import Watcher
from tests.prewarm.policies import policy_of
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker, take_nodes
from tests.processes import wait_until
from tests.simulator import Simulated

pytestmark = pytest.mark.databases


def fresh(name: str = "app") -> str:
    """An image that no node has yet."""
    return f"{name}/{uuid.uuid4().hex[:10]}:1"


@pytest.fixture(autouse=True)
def impatient(settings: Settings) -> None:
    settings.POLICY_LEAST_SECONDS = 0.2


def passes(cluster: Cluster) -> None:
    """What the watcher and the tick do, whenever something is due."""
    take_nodes(cluster)
    NodeView.objects.update(heard_at=timezone.now(), changed_at=timezone.now())
    rounds.look_after(lambda: cluster)


def until_covered(worker: Worker, policy: Policy, pairs: int | None = None, seconds: float = 40.0) -> None:
    """Until it is covered, and knows of so many pairs: it stays what it was until the next pass."""
    cluster = Cluster(connections=2)

    def covered() -> bool:
        passes(cluster)
        policy.refresh_from_db()
        return policy.state == "covered" and pairs in (None, policy.pairs)

    worker.until(covered, seconds)


def test_a_policy_covers_its_nodes_and_asks_for_nothing_more(worker: Worker, simulator: Simulated) -> None:
    policy = policy_of(fresh(), fresh("other"))

    until_covered(worker, policy)

    assert (policy.pairs, policy.warm, policy.coverage) == (20, 20, 100.0)
    tasks = Task.objects.count()
    for _ in range(3):
        passes(Cluster(connections=1))
    assert Task.objects.count() == tasks == 1


def test_a_node_that_joins_gets_the_images_without_anybody_asking(
    worker: Worker, simulator: Simulated, settings: Settings
) -> None:
    image = fresh()
    policy = policy_of(image)
    until_covered(worker, policy)
    joined = "joined-1"
    httpx.post(f"{simulator.url}/api/v1/nodes", json={"metadata": {"name": joined}}).raise_for_status()
    try:
        until_covered(worker, policy, pairs=11)
        wait_until(lambda: simulator_lists(simulator, joined, image), "the new node to list the image")
        assert Task.objects.latest("created_at").cause == f"policy web: node {joined} joined"
    finally:
        httpx.delete(f"{simulator.url}/_sim/nodes/{joined}").raise_for_status()


def simulator_lists(simulator: Simulated, node: str, image: str) -> bool:
    told = httpx.get(f"{simulator.url}/api/v1/nodes/{node}").json()
    return any(image in name for one in told["status"].get("images", ()) for name in one["names"])


def test_an_image_that_a_node_lost_is_brought_back(worker: Worker, simulator: Simulated) -> None:
    image, other = fresh(), fresh("other")
    policy = policy_of(image)
    until_covered(worker, policy)
    node = simulator.node_names()[3]
    wait_until(lambda: simulator_lists(simulator, node, image), "the node to list the image")

    simulator.change_node(node, forget_images=True)
    until_gone(simulator, node, image)
    asked([other], node_names=[node])  # a node that lists nothing at all proves nothing
    worker.until(lambda: simulator_lists(simulator, node, other))
    OwnPull.objects.update(at=timezone.now() - timedelta(hours=1))
    passes(Cluster(connections=1))
    policy.refresh_from_db()
    assert policy.state == "gap"
    until_covered(worker, policy)

    assert Task.objects.latest("created_at").cause == f"policy web: node {node} lost {image}"
    wait_until(lambda: simulator_lists(simulator, node, image), "the node to list the image again")


def until_gone(simulator: Simulated, node: str, image: str) -> None:
    wait_until(lambda: not simulator_lists(simulator, node, image), "the node to list the image no more")


def test_a_failing_image_is_tried_with_pauses_and_the_others_become_warm(
    worker: Worker, simulator: Simulated, settings: Settings
) -> None:
    good, bad = fresh(), fresh("bad")
    httpx.post(f"{simulator.url}/_sim/images", json={"image": f"docker.io/{bad}", "mode": "missing"})
    policy = policy_of(good, bad, task={"max_attempts": 1})
    cluster = Cluster(connections=2)

    def judged() -> bool:
        passes(cluster)
        policy.refresh_from_db()
        return policy.warm == 10 and not policy.unabsorbed

    worker.until(judged)

    assert (policy.state, policy.missing) == ("gap", 10)
    passes(cluster)
    assert Task.objects.count() == 1
    for row in PolicyNode.objects.filter(policy=policy):
        (failed,) = (gap for gap in read(row.gaps).values() if gap.why)
        assert failed.tries == 1 and failed.again > timezone.now().timestamp() + 30


def test_the_watcher_tells_of_news_and_losing_it_costs_nothing_but_time(
    worker: Worker, simulator: Simulated, settings: Settings
) -> None:
    policy = policy_of(fresh())
    until_covered(worker, policy)
    watcher = Watcher(Cluster(connections=1), threading.Event())
    assert watcher.lead()
    version = watcher.take_list()
    NodeView.objects.update(changed_at=timezone.now() - timedelta(hours=1))

    simulator.change_node(simulator.node_names()[0], labels={"moved": uuid.uuid4().hex[:6]})
    watcher.follow(version)
    watcher.let_go()

    changed_at = NodeView.objects.get().changed_at
    assert changed_at and changed_at > timezone.now() - timedelta(minutes=1)
    NodeView.objects.update(changed_at=None)  # and had nobody told of it: the pass is due all the same
    assert rounds.due(timezone.now() + timedelta(seconds=policy.recheck_seconds + 1)) == [policy]


def test_a_new_workload_is_followed_where_its_pods_may_run(worker: Worker, simulator: Simulated) -> None:
    namespace, image, init = f"shop-{uuid.uuid4().hex[:6]}", fresh("shop"), fresh("init")
    first, second = simulator.node_names()[:2]
    simulator.change_node(first, labels={"shop": namespace})
    simulator.change_node(second, labels={"shop": namespace})
    httpx.post(f"{simulator.url}/api/v1/namespaces", json={"metadata": {"name": namespace}}).raise_for_status()
    Tenant.objects.update_or_create(slug="default", defaults={"name": "x", "followed_namespaces": [namespace]})
    follow = {"namespaces": [namespace], "selector": "", "kinds": list(workloads.KINDS)}
    policy = policy_of(images=[], follow=follow)
    until_covered(worker, policy)
    assert policy.pairs == 0
    pod = {
        "containers": [{"name": "c", "image": image}],
        "initContainers": [{"name": "i", "image": init}],
        "nodeSelector": {"shop": namespace},
    }
    body = {"metadata": {"name": "web"}, "spec": {"template": {"spec": pod}}}
    httpx.post(f"{simulator.url}/apis/apps/v1/namespaces/{namespace}/deployments", json=body).raise_for_status()
    Policy.objects.update(followed=None)

    until_covered(worker, policy, pairs=4)

    assert (policy.pairs, set(policy.wanted)) == (4, {image, init})
    assert set(Task.objects.get().node_names) == {first, second}


class Killed(BaseException):
    """As if the process ended here: nobody catches it, and what was not committed is not there."""


@pytest.mark.parametrize("place", ["policy_rows_written", "policy_asked", "policy_passed"])
def test_killed_at_any_place_of_a_pass_no_second_task_is_made(
    worker: Worker, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = policy_of(fresh())

    def die(name: str, about: str = "") -> None:
        if name == place:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(passing, "crash_point", die)
        rounds.look_after(None)
    assert Task.objects.count() == (1 if place == "policy_passed" else 0)

    Policy.objects.update(due_at=timezone.now())  # a minute later
    until_covered(worker, policy)

    assert Task.objects.count() == 1
