"""F37: a database from yesterday is put back while pull jobs run. What it does not know is adopted or swept."""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from prewarm.manifests import INSTALLATION_LABEL
from prewarm.models import Limit, NodeSlot, Task
from tests.contract.pods import as_job, held
from tests.faults.api_faults import Harm
from tests.faults.api_stage import ApiStage, outcomes
from tests.faults.proxied import JOBS, PODS
from tests.processes import MariaDB


def test_f37_pull_jobs_that_a_restored_database_does_not_know_are_adopted_or_swept(
    api: ApiStage, fault_mariadb: MariaDB, chance: random.Random, tmp_path: Path
) -> None:
    nodes = chance.sample(api.nodes, 8)
    shared, elsewhere = nodes[:5], nodes[5:]
    with another_installations(api) as theirs:
        early = api.ask_slow(3, node_names=shared)
        api.until(lambda: NodeSlot.objects.exclude(uid="").count() == 5, "its pull jobs")
        late = api.ask_slow(4, node_names=shared, pull_policy="Always")  # has to wait for the same nodes
        move(api, late, "pause")
        api.until(lambda: late.node_results.count() == 5, "it to be planned")
        api.for_a_while(chance.uniform(0, 3))
        fault_mariadb.copy_to(tmp_path / "yesterday")

        move(api, late, "resume")
        forgotten = api.ask(images=[api.image("hang")], node_names=elsewhere, puller="job")
        api.until(lambda: len(of_task(api, forgotten)) == 6, "its Jobs and their pods")
        enough = chance.randint(1, 5)
        api.until(lambda: len(of_task(api, late)) >= enough, "the late task to pull")
        for one in of_task(api, forgotten):
            if one["kind"] == "Pod":
                api.not_of_ips(one)

        with api.proxy.harming(Harm.ANSWER, "delete", "jobs"), api.proxy.harming(Harm.ANSWER, "delete", "pods"):
            kept = names(of_task(api, late))
            unknown = names(of_task(api, forgotten))
            api.seen.count_from_now()
            fault_mariadb.go_back_to(tmp_path / "yesterday")
            connection.close()

            api.until(lambda: named_by_a_dry_run() >= unknown, "a dry run to name what it would delete")
            assert named_by_a_dry_run().isdisjoint(kept)
            assert names(of_task(api, forgotten)) == unknown

        api.until(lambda: not of_task(api, forgotten), "what nobody knows to be swept")
        assert api.http.get(f"tasks/{forgotten.pk}/").status_code == 404
        assert names(of_task(api, late)) >= kept
        move(api, late, "resume")
        api.end_of(early, late)
        assert [one["metadata"].get("deletionTimestamp") for one in theirs()] == [None, None]

    assert outcomes(late) == {"succeeded": 5}
    assert {name: api.seen.names[name] for name in kept} == dict.fromkeys(kept, 1)
    assert outcomes(early).total() == 5 and all(way.startswith("succeeded") for way in outcomes(early))
    assert not NodeSlot.objects.exists()
    assert Limit.objects.get(name="cluster").used == 0


def move(api: ApiStage, task: Task, where: str) -> None:
    api.http.post(f"tasks/{task.pk}/{where}/").raise_for_status()


@contextmanager
def another_installations(api: ApiStage) -> Iterator[Any]:
    """A Job and a pod that carry another installation's id are there inside this block; how they are now."""
    pod = held("docker.io/library/busybox:1", schedulerName="nobody")
    pod["metadata"]["labels"] = {INSTALLATION_LABEL: str(uuid.uuid4())}
    job = as_job(pod, None, suspend=True)
    there = [(JOBS, api.cluster.server.post(JOBS, job)), (PODS, api.cluster.server.post(PODS, pod))]
    api.not_of_ips(there[1][1])
    yield lambda: [api.cluster.server.get(f"{path}/{made['metadata']['name']}") for path, made in there]
    for path, made in there:
        api.cluster.server.delete(f"{path}/{made['metadata']['name']}", propagationPolicy="Background")


def of_task(api: ApiStage, task: Task) -> list[dict[str, Any]]:
    """The Jobs and pods of a task that the API server has, each with its kind."""
    everything = [("Job", job) for job in api.cluster.jobs()] + [("Pod", pod) for pod in api.cluster.pods()]
    found = [{"kind": kind, **one} for kind, one in everything]
    return [one for one in found if (one["metadata"].get("labels") or {}).get("ips.io/task") == str(task.pk)]


def names(objects: list[dict[str, Any]]) -> set[str]:
    return {one["metadata"]["name"] for one in objects}


def named_by_a_dry_run() -> set[str]:
    out = io.StringIO()
    call_command("sweep", "--dry-run", stdout=out)
    return {line.split()[1] for line in out.getvalue().splitlines()[:-1]}
