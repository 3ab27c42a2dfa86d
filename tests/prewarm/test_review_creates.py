"""A pull job that is being created, or that lives on without its Job, still occupies its node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest

from prewarm import stopping
from prewarm.answers import take_answer
from prewarm.cluster import Cluster, ClusterUnreachable
from prewarm.cluster.paths import pods
from prewarm.models import NodeResult, NodeSlot, Task
from prewarm.pull import Phase, Pull
from prewarm.sender import EndedUnjudged, Gone, No, Sender, StillThere
from tests.contract.pods import held
from tests.prewarm.rows import asked
from tests.prewarm.simulated import Worker
from tests.prewarm.test_turns import fresh
from tests.processes import wait_until
from tests.sampler import Sampler
from tests.simulator import Simulated


@pytest.mark.databases
def test_a_slot_is_not_given_back_while_its_create_is_under_way(
    worker: Worker, simulator: Simulated, sampler: Sampler
) -> None:
    node = simulator.node_names()[0]
    task = asked([fresh("hang")], node_names=[node])
    slow = {"kind": "delay", "verb": "create", "resource": "pods", "seconds": 2.0}
    httpx.post(f"{simulator.url}/_sim/faults", json=slow).raise_for_status()
    turn = worker.cycles(lambda turn: any(pull.phase is Phase.CREATING for pull in turn.pulls()))

    stopping.cancel(task, "ada")
    turn.hand_back_all()
    worker.finish(task)

    assert sampler.made[node] == 1
    wait_until(lambda: not simulator.pods(), "the cancelled pull job to be deleted")
    assert task.status == "cancelled"


@pytest.mark.databases
def test_what_a_turn_let_go_of_is_not_created_by_it_any_more(
    worker: Worker, simulator: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asked([fresh()])
    queued: list[Callable[[], None]] = []
    with monkeypatch.context() as busy:
        busy.setattr(worker.runtime.sender._pool, "submit", queued.append)
        turn = worker.cycles(lambda turn: len(queued) == 5)
    turn.hand_back_all()

    for work in queued:
        work()

    assert simulator.pods() == []
    worker.finish(task)
    assert task.status == "succeeded"


def test_a_create_is_sent_again_with_fresh_credentials_only_in_its_time(simulator: Simulated) -> None:
    cluster, body = Cluster(connections=1), held("docker.io/library/busybox:1")

    def create(*in_time: bool) -> None:
        """The API server does not know the credentials that were read long ago."""
        cluster._connected = float("-inf")
        stranger = {"kind": "status", "verb": "create", "resource": "pods", "code": 401}
        httpx.post(f"{simulator.url}/_sim/faults", json=stranger).raise_for_status()
        cluster.create(pods(), body, iter(in_time).__next__)

    with pytest.raises(ClusterUnreachable, match="its time was over"):
        create(True, False)
    assert simulator.pods() == []
    create(True, True)
    assert len(simulator.pods()) == 1
    simulator.clear()


class JobWithoutItsPods:
    """A cluster that knows no such Job any more, and still has its pod."""

    pods: tuple[str, ...] = ("pod",)

    def delete(self, path: str, **_: Any) -> bool:
        return False

    def get(self, path: str, query: Any = None) -> dict[str, Any]:
        return {"items": list(self.pods)}


def deleted(cluster: JobWithoutItsPods) -> object:
    sender = Sender(cast(Cluster, cluster), "installation", lambda: None)
    sender.delete("ips-1", "uid", via_job=True, pod=None)
    found: list[Any] = []

    def answered() -> bool:
        found.extend(sender.answers())
        return bool(found)

    wait_until(answered, "the answer to a delete")
    return found[0][2]


def test_a_job_is_gone_only_when_its_pods_are() -> None:
    cluster = JobWithoutItsPods()
    assert isinstance(deleted(cluster), StillThere)

    cluster.pods = ()
    assert deleted(cluster) == Gone()


def seen_while_creating(phase: Phase) -> Pull:
    slot = NodeSlot(node="n1", images=[0], pull_job="ips-1", uid="u1")
    return Pull(slot, NodeResult(), Task(images=["a:1"]), phase, pod_uid="u1")


@pytest.mark.parametrize("answer", [No("quota_denied", "exceeded quota"), EndedUnjudged("u1")])
def test_what_the_stream_shows_alive_was_not_refused(answer: No | EndedUnjudged) -> None:
    running = seen_while_creating(Phase.RUNNING)
    ending = seen_while_creating(Phase.ENDING)

    take_answer(running, "create", answer)
    take_answer(ending, "create", answer)

    assert (running.phase, running.ending) == (Phase.RUNNING, None)
    assert ending.phase is Phase.ENDING
