"""A pull job in a worker's memory: taken over from its receipt, judged, ended once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from prewarm.image_results import untouched
from prewarm.judge import PULLED, Verdict
from prewarm.models import NodeResult, NodeSlot, Task
from prewarm.pull import Ending, Phase, Pull

FAILED = Verdict(False, "image_not_found", "not found")


def pull_of(*, puller: str = "pod", **slot: Any) -> Pull:
    task = Task(images=["a:1", "b:1", "c:1"], hosts=["docker.io"], puller=puller)
    result = NodeResult(task=task, node="n1", images=untouched(range(3)))
    receipt = NodeSlot(node="n1", node_result=result, images=[2, 0], pull_job="ips-1", tenant_id=uuid4(), **slot)
    return Pull.of_slot(receipt, result, task)


@pytest.mark.parametrize(
    ("slot", "phase", "concluded", "uid_stored"),
    [
        ({}, Phase.TO_CREATE, False, False),
        ({"uid": "u"}, Phase.RUNNING, False, True),
        ({"uid": "u", "judged_at": timezone.now()}, Phase.ENDING, True, True),
        ({"judged_at": timezone.now()}, Phase.ENDING, True, False),
    ],
    ids=["nothing was heard of it", "it was made", "it was judged", "it was judged, its uid was never heard"],
)
def test_what_another_turn_left_is_taken_over_where_it_stood(
    slot: dict[str, Any], phase: Phase, concluded: bool, uid_stored: bool
) -> None:
    pull = pull_of(**slot)

    assert (pull.phase, pull.concluded, pull.uid_stored) == (phase, concluded, uid_stored)
    assert pull.name == "ips-1"
    assert pull.ending is None


def test_its_containers_pull_what_the_receipt_lists_in_that_order() -> None:
    assert pull_of().images == ["c:1", "a:1"]


@pytest.mark.parametrize(("puller", "via_job"), [("job", True), ("pod", False), ("auto", False)])
def test_the_task_says_which_way_it_is_made(puller: str, via_job: bool) -> None:
    assert pull_of(puller=puller).via_job is via_job


@pytest.mark.parametrize(
    ("verdicts", "all_judged", "all_pulled"),
    [
        ({}, False, False),
        ({0: PULLED}, False, False),
        ({0: PULLED, 1: FAILED}, True, False),
        ({0: PULLED, 1: PULLED}, True, True),
    ],
)
def test_it_is_judged_when_every_container_has_a_verdict(
    verdicts: dict[int, Verdict], all_judged: bool, all_pulled: bool
) -> None:
    pull = pull_of()
    pull.verdicts = verdicts

    assert (pull.all_judged, pull.all_pulled) == (all_judged, all_pulled)


def test_the_first_end_stands() -> None:
    pull = pull_of(uid="u")

    pull.end(Ending("cancelled"))
    pull.end(Ending("deadline_exceeded"))

    assert pull.ending == Ending("cancelled")
    assert pull.phase is Phase.ENDING


def test_what_is_gone_stays_gone() -> None:
    pull = pull_of(uid="u")
    pull.phase = Phase.GONE

    pull.end(Ending("deleted_externally"))

    assert pull.phase is Phase.GONE


def test_an_end_is_followed_by_a_delete_at_once() -> None:
    pull = pull_of(uid="u")
    pull.delete_due = 1e9

    pull.end(Ending(""))

    assert pull.delete_due == 0.0
