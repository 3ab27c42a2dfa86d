"""How a task ends: what its counts, its stop and its failure limit mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prewarm.models import FINISHED, Task, TaskStatus

COUNTS = ("succeeded", "failed", "skipped", "cancelled")


def task(succeeded: int = 0, failed: int = 0, skipped: int = 0, cancelled: int = 0, **values: Any) -> Task:
    counts = {"succeeded": succeeded, "failed": failed, "skipped": skipped, "cancelled": cancelled}
    return Task(images=["nginx:1"], hosts=["docker.io"], desired=sum(counts.values()), **counts, **values)


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ((10, 0, 0, 0), "succeeded"),
        ((9, 1, 0, 0), "partial"),
        ((9, 0, 1, 0), "partial"),
        ((9, 0, 0, 1), "partial"),
        ((1, 3, 3, 3), "partial"),
        ((0, 10, 0, 0), "failed"),
        ((0, 0, 10, 0), "failed"),
        ((0, 0, 0, 10), "failed"),
        ((0, 1, 9, 0), "failed"),
    ],
)
def test_the_counts_decide(counts: tuple[int, int, int, int], status: str) -> None:
    assert task(*counts).outcome() == (status, "")


def test_no_node_at_all_is_a_failure_with_a_reason() -> None:
    assert task().outcome() == ("failed", "no_nodes")


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ((9, 0, 1, 0), "succeeded"),
        ((9, 1, 1, 0), "partial"),
        ((9, 0, 1, 1), "partial"),
        ((0, 0, 10, 0), "failed"),
    ],
)
def test_skipped_nodes_count_as_done_when_allowed_but_all_skipped_warmed_nothing(
    counts: tuple[int, int, int, int], status: str
) -> None:
    assert task(*counts, allow_skipped=True).outcome() == (status, "")


@pytest.mark.parametrize(
    ("counts", "stop_reason", "outcome"),
    [
        ((5, 0, 0, 5), "cancelled", ("cancelled", "cancelled")),
        ((0, 0, 0, 5), "cancelled", ("cancelled", "cancelled")),
        ((0, 0, 0, 0), "cancelled", ("cancelled", "cancelled")),
        # the wish came too late: nothing was left to cancel
        ((10, 0, 0, 0), "cancelled", ("succeeded", "cancelled")),
        ((9, 1, 0, 0), "cancelled", ("partial", "cancelled")),
        ((5, 5, 0, 0), "task_timeout", ("partial", "task_timeout")),
        ((0, 5, 0, 0), "task_timeout", ("failed", "task_timeout")),
        ((5, 3, 0, 2), "failure_limit", ("partial", "failure_limit")),
        ((0, 3, 0, 7), "failure_limit", ("failed", "failure_limit")),
    ],
)
def test_a_task_that_was_stopped_says_why(
    counts: tuple[int, int, int, int], stop_reason: str, outcome: tuple[str, str]
) -> None:
    assert task(*counts, stop_reason=stop_reason).outcome() == outcome


@given(
    st.tuples(*(st.integers(0, 5) for _ in COUNTS)),
    st.sampled_from(["", "cancelled", "task_timeout", "failure_limit"]),
    st.booleans(),
)
def test_succeeded_is_said_only_when_every_node_is_warm_or_allowed_to_be_skipped(
    counts: tuple[int, ...], stop_reason: str, allow_skipped: bool
) -> None:
    ended = task(*counts, stop_reason=stop_reason, allow_skipped=allow_skipped)

    status, _ = ended.outcome()

    assert status in FINISHED
    done = ended.succeeded + (ended.skipped if allow_skipped else 0)
    assert (status == TaskStatus.SUCCEEDED) is (ended.succeeded > 0 and done == ended.desired)
    assert status != TaskStatus.PARTIAL or ended.succeeded > 0


@pytest.mark.parametrize(
    ("limit", "desired", "allowed"),
    [
        ("", 100, None),
        ("5", 100, 5),
        ("5", 3, 5),
        ("10%", 100, 10),
        ("10%", 101, 11),
        ("10%", 99, 10),
        ("1%", 10, 1),
        ("10%", 0, 1),
        ("100%", 7, 7),
    ],
)
def test_a_failure_limit_is_a_count_or_a_share_of_all_nodes_rounded_up(
    limit: str, desired: int, allowed: int | None
) -> None:
    assert Task(failure_limit=limit, desired=desired).failures_allowed == allowed


def test_batches_that_run_side_by_side_share_what_may_be_in_flight() -> None:
    assert Task(concurrency=5, parallel_batches=3).max_in_flight == 15
