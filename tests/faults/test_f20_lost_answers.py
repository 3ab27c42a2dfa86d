"""F20: a create is executed and its answer lost; or its name is taken, by a stranger or by our own object that goes."""

from __future__ import annotations

import random
from typing import Any

from prewarm.manifests import INSTALLATION_LABEL, PULL_JOB_LABEL
from prewarm.models import Installation
from tests.contract.pods import held
from tests.faults.api_faults import Harm
from tests.faults.api_stage import ALL_AT_ONCE, ApiStage, outcomes
from tests.faults.proxied import PODS
from tests.fleet.fixtures import NODES


def test_f20_a_create_whose_answer_is_lost_is_not_made_twice(api: ApiStage, chance: random.Random) -> None:
    seed = chance.randrange(1_000_000)
    with (
        api.proxy.harming(Harm.EXECUTE_THEN_RESET, "create", rate=0.3, seed=seed) as reset,
        api.proxy.harming(Harm.EXECUTE_THEN_HANG, "create", rate=0.2, seed=seed + 1),
    ):
        task = api.ask(batch_size=NODES, concurrency=10, puller=chance.choice(["pod", "job"]))
        api.end_of(task)

    assert reset.struck
    assert outcomes(task) == ALL_AT_ONCE


def test_f20_a_strangers_object_of_our_name_is_left_alone(api: ApiStage, chance: random.Random) -> None:
    with api.proxy.harming(Harm.ANSWER, "create", "pods", code=503):
        task = api.ask(node_names=chance.sample(api.nodes, 3))
        name = api.slots(task, 3)[0].pull_job
        stranger = api.cluster.server.post(PODS, named(name, schedulerName="nobody"))
        api.not_of_ips(stranger)
    api.end_of(task)

    assert outcomes(task) == {"succeeded": 2, "failed name_conflict": 1}
    still = api.cluster.server.get(f"{PODS}/{name}")["metadata"]
    assert (still["uid"], "deletionTimestamp" in still) == (stranger["metadata"]["uid"], False)
    api.cluster.delete_pod(stranger)


def test_f20_our_own_object_that_is_still_being_deleted_is_waited_for(api: ApiStage, chance: random.Random) -> None:
    with api.proxy.harming(Harm.ANSWER, "create", "pods", code=503):
        task = api.ask(node_names=chance.sample(api.nodes, 3))
        name = api.slots(task, 3)[0].pull_job
        going = named(name, schedulerName="nobody")
        going["metadata"]["finalizers"] = ["ips.test/not-yet"]
        made = api.cluster.server.post(PODS, going)
        api.not_of_ips(made)
        api.cluster.delete_pod(made)
        ours = {INSTALLATION_LABEL: str(Installation.load().uuid), PULL_JOB_LABEL: name}
        api.cluster.server.patch(f"{PODS}/{name}", {"metadata": {"labels": ours}})  # IPS never sees it alive
    often = chance.randint(2, 4)
    try:
        api.until(lambda: conflicts(api, name) >= often and api.done(task) == 2, "IPS to find it there again and again")
        assert (task.active, task.failed) == (1, 0)
    finally:
        api.cluster.server.patch(f"{PODS}/{name}", {"metadata": {"finalizers": None}})
    api.end_of(task)
    assert outcomes(task) == {"succeeded": 3}


def named(name: str, **spec: Any) -> dict[str, Any]:
    """A pod of this name that no node will ever have."""
    pod = held("docker.io/library/busybox:1", **spec)
    return {"metadata": {"name": name}, "spec": pod["spec"]}


def conflicts(api: ApiStage, name: str) -> int:
    return sum(1 for one in api.proxy.asked("create", "pods") if (one.name, one.code) == (name, 409))
