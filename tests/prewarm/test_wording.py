"""Numbers, times and names as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from prewarm.wording import clock, counted, duration, listed, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (96, "1 min 36 s"),
        (185, "3 min 05 s"),
        (1800, "30 min"),
        (7800, "2 h 10 min"),
        (7200, "2 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (5_400_000, "5.4 MB"), (891e6, "891 MB"), (1.5e9, "1.5 GB")]
)
def test_a_size_has_decimal_units(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_a_long_list_is_cut(names: list[str], text: str) -> None:
    assert listed(names) == text


def test_one_is_no_plural() -> None:
    assert (counted(1, "node"), counted(5000, "node"), counted(2, "batch", "batches")) == (
        "1 node",
        "5,000 nodes",
        "2 batches",
    )


def test_a_time_of_another_day_says_its_date() -> None:
    now = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)

    assert clock(now.replace(hour=1), now) == "01:00:00"
    assert clock(now.replace(day=24), now) == "2026-11-24 22:00:00"
