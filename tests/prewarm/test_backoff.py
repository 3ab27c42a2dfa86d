"""How long to wait before a pull is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from prewarm.backoff import Backoff, for_task

THIRTY = Backoff(timedelta(seconds=30), timedelta(minutes=10))


@pytest.mark.parametrize("attempt", [0, 1])
def test_the_first_attempt_never_waits(attempt: int) -> None:
    assert THIRTY.before(attempt) == timedelta(0)


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(2, 30), (3, 60), (4, 120), (5, 240), (6, 480), (7, 600), (8, 600), (1_000_000, 600)]
)
def test_each_wait_is_twice_the_last_up_to_the_ceiling(attempt: int, seconds: int) -> None:
    wait = THIRTY.before(attempt).total_seconds()

    assert 0.8 * seconds <= wait <= 1.2 * seconds


def test_nodes_that_failed_together_do_not_come_back_together() -> None:
    waits = {THIRTY.before(2) for _ in range(20)}

    assert len(waits) > 1


def test_a_base_of_nothing_means_no_wait() -> None:
    assert Backoff(timedelta(0), timedelta(minutes=10)).before(5) == timedelta(0)


@pytest.mark.parametrize(("base", "ceiling"), [(-1, 1), (1, -1)])
def test_a_negative_wait_is_refused(base: int, ceiling: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        Backoff(timedelta(seconds=base), timedelta(seconds=ceiling))


def test_a_tasks_wait_ends_at_the_ceiling_of_the_installation(settings: Settings) -> None:
    settings.RETRY_BACKOFF_MAX_SECONDS = 100

    assert for_task(60).before(9).total_seconds() <= 120


@given(st.integers(0, 3600), st.integers(0, 600), st.integers(2, 100))
def test_no_wait_is_longer_than_the_ceiling_and_a_fifth(base: int, ceiling: int, attempt: int) -> None:
    wait = Backoff(timedelta(seconds=base), timedelta(seconds=ceiling)).before(attempt)

    assert timedelta(0) <= wait <= timedelta(seconds=ceiling * 1.2 + 0.001)
