"""When a pull job has had its time: from which moment its deadlines count, and when nobody's time passes."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from prewarm.image_results import untouched
from prewarm.models import NodeResult, NodeSlot, NodeStatus, Puller, Task
from prewarm.observe import observe
from prewarm.podstream import PodSeen
from prewarm.pull import Phase, Pull

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ANSWERED: dict[str, Any] = {"phase": "Pending", "startTime": "2026-11-23T02:00:00Z"}
UNANSWERED: dict[str, Any] = {"phase": "Pending"}
NO_PLACE: dict[str, Any] = {
    "phase": "Pending",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}],
}
LONG = 10_000.0  # seconds


class Stream:
    """A pod stream that shows one pod, seen for so long, and that was followed without a break for so long."""

    def __init__(self, status: dict[str, Any] | None, *, seen_for: float = LONG, steady_for: float = LONG) -> None:
        since = time.monotonic() - seen_for
        self.seen = PodSeen("p", "u", False, status, alive_before=True, since=since) if status is not None else None
        self.steady = steady_for

    def look(self, pull_job: str) -> PodSeen | None:
        return self.seen

    def steady_for(self) -> float:
        return self.steady


@pytest.fixture(autouse=True)
def waits(settings: Settings) -> None:
    settings.NODE_ANSWER_SECONDS, settings.UNSCHEDULABLE_SECONDS = 120, 30
    settings.PULL_TIMEOUT_GRACE_SECONDS, settings.STEADY_SECONDS = 30, 15


def ended_by(stream: Stream, *, created: float | None, taken: float = 0.0, puller: str = Puller.POD) -> str:
    """Why a pull job with a deadline of 900 s is ended; slot and object are so many seconds old."""
    task = Task(images=["a:1"], hosts=[], pull_timeout_seconds=900, puller=puller)
    result = NodeResult(task=task, node="n1", status=NodeStatus.PULLING, images=untouched([0]))
    slot = NodeSlot(node="n1", node_result=result, images=[0], hosts=[], tenant_id=uuid4(), uid="u", pull_job="p")
    slot.taken_at = NOW - timedelta(seconds=max(taken, created or 0))
    slot.created_at = None if created is None else NOW - timedelta(seconds=created)
    pull = Pull(slot, result, task, Phase.RUNNING, uid_stored=created is not None)
    observe(pull, stream, NOW)  # type: ignore[arg-type]  # all that it asks of a stream
    return pull.ending.reason if pull.ending else ""


def test_a_pull_beyond_its_deadline_and_the_grace_is_ended() -> None:
    assert ended_by(Stream(ANSWERED), created=929) == ""
    assert ended_by(Stream(ANSWERED), created=931) == "deadline_exceeded"


def test_the_deadline_counts_from_the_pull_job_not_from_the_slot() -> None:
    """The API server may have been away for an hour between them."""
    assert ended_by(Stream(ANSWERED), taken=3600, created=5) == ""


def test_before_its_uid_is_stored_a_pull_job_is_new() -> None:
    assert ended_by(Stream(ANSWERED), taken=3600, created=None) == ""


def test_a_slot_of_an_older_version_counts_from_when_it_was_taken() -> None:
    stream = Stream(ANSWERED)
    task = Task(images=["a:1"], hosts=[], pull_timeout_seconds=900)
    result = NodeResult(task=task, node="n1", status=NodeStatus.PULLING, images=untouched([0]))
    slot = NodeSlot(node="n1", node_result=result, images=[0], hosts=[], tenant_id=uuid4(), uid="u", pull_job="p")
    slot.taken_at = NOW - timedelta(seconds=931)
    pull = Pull.of_slot(slot, result, task)

    observe(pull, stream, NOW)  # type: ignore[arg-type]

    assert pull.ending
    assert pull.ending.reason == "deadline_exceeded"


def test_a_kubelet_that_does_not_take_the_pod_is_not_waited_for() -> None:
    assert ended_by(Stream(UNANSWERED), created=119) == ""
    assert ended_by(Stream(UNANSWERED), created=121) == "node_unready"


def test_a_kubelet_that_was_cut_off_with_us_gets_its_whole_time_again() -> None:
    assert ended_by(Stream(UNANSWERED, steady_for=119), created=600) == ""
    assert ended_by(Stream(UNANSWERED, steady_for=121), created=600) == "node_unready"


@pytest.mark.parametrize("steady", [0, 14])
def test_nothing_is_overdue_while_the_api_server_is_away_or_just_back(steady: float) -> None:
    assert ended_by(Stream(ANSWERED, steady_for=steady), created=LONG) == ""


def test_what_the_stream_does_not_show_has_the_same_deadline() -> None:
    assert ended_by(Stream(None), created=931) == "deadline_exceeded"


class TestAPodOfAJob:
    def test_is_as_old_as_it_is_however_late_the_job_controller_made_it(self) -> None:
        """At its default rate the controller makes about two pods a second."""
        job: dict[str, Any] = {"puller": Puller.JOB, "created": 500.0}

        assert ended_by(Stream(UNANSWERED, seen_for=100), **job) == ""
        assert ended_by(Stream(UNANSWERED, seen_for=121), **job) == "node_unready"

    def test_that_the_scheduler_cannot_place_is_given_up(self) -> None:
        job: dict[str, Any] = {"puller": Puller.JOB, "created": 500.0}

        assert ended_by(Stream(NO_PLACE, seen_for=29), **job) == ""
        assert ended_by(Stream(NO_PLACE, seen_for=31), **job) == "unschedulable"
