"""What no row needs is deleted from the cluster; what a task will ask for, and what is another's, stays."""

from __future__ import annotations

import io
import uuid

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from prewarm.cluster import Cluster
from prewarm.cluster.paths import jobs, pods
from prewarm.manifests import PullJob, manifest
from prewarm.models import Installation, NodeResult, Task
from prewarm.names import pull_job_name
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker
from tests.prewarm.test_turns import fresh
from tests.sampler import Sampler
from tests.simulator import Simulated

pytestmark = pytest.mark.databases
NODE = "node-001"


@pytest.fixture(autouse=True)
def no_grace(settings: Settings) -> None:
    settings.ORPHAN_SECONDS = -1  # not even for what was made in this second


def made(task: str, installation: str = "", *, image: str = "hang/app:1", via_job: bool = False) -> str:
    """The name of a pull job that is in the cluster; of this installation unless another is named."""
    installation = installation or str(Installation.load().uuid)
    name = pull_job_name(installation, task, NODE, 1, 0)
    pull = PullJob(
        name=name,
        installation=installation,
        task=task,
        tenant="t",
        batch=1,
        request_id="",
        namespace=settings.PULL_NAMESPACE,
        service_account=settings.PULL_SERVICE_ACCOUNT,
        priority_class="",
        node=NODE,
        node_taints=(),
        images=(image,),
        pull_policy="IfNotPresent",
        pull_secrets=(),
        timeout_seconds=900,
        helper_image="",
        via_job=via_job,
    )
    Cluster(connections=1).post(jobs() if via_job else pods(), manifest(pull))
    return name


def sweep(*options: str) -> str:
    out = io.StringIO()
    call_command("sweep", *options, stdout=out)
    return out.getvalue()


def names(simulator: Simulated) -> set[str]:
    return {one["metadata"]["name"] for one in simulator.pods() + simulator.jobs()}


def test_the_pull_job_of_a_task_that_is_not_known_goes_and_other_installations_objects_stay(
    simulator: Simulated,
) -> None:
    unknown = {made(str(uuid.uuid4())), made(str(uuid.uuid4()), via_job=True)}
    others = made(str(uuid.uuid4()), installation=str(uuid.uuid4()))

    told = sweep("--dry-run")
    assert all(name in told for name in unknown) and others not in told
    assert unknown <= names(simulator)

    sweep()
    assert names(simulator) == {others}


def test_a_pull_job_that_a_node_still_waits_for_is_left_to_it(
    worker: Worker, simulator: Simulated, sampler: Sampler
) -> None:
    task = asked([fresh("slow")], all_nodes=True)
    worker.cycles(lambda _: NodeResult.objects.filter(task=task).count() == 10)
    kept = made(str(task.pk), image=task.images[0])
    (pod,) = simulator.pods()

    assert sweep() == "0 objects deleted.\n"

    assert worker.finish(task).succeeded == 10
    assert (sampler.made[NODE], sampler.names[kept]) == (1, 1)
    assert pod["metadata"]["name"] == kept


def test_a_pull_job_of_a_task_that_is_to_be_planned_again_is_left_to_it(simulator: Simulated) -> None:
    task = asked([fresh()])
    kept = made(str(task.pk), image=task.images[0])

    assert sweep() == "0 objects deleted.\n"
    Task.objects.update(stop_reason="cancelled")
    assert kept in sweep() and names(simulator) == set()
