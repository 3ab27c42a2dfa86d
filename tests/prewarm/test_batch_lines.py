"""Batches in a terminal: hundreds that are alike make one row, those that somebody holds have their own."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from prewarm.story.batches import BatchStory
from prewarm.terminal.batch_lines import batch_lines


def batch(number: int, status: str, **values: Any) -> BatchStory:
    nobody: dict[str, Any] = {"holder": "", "lease_until": None, "lost_claims": 0, "waits_for": ""}
    times = {"due_at": timezone.now(), "started_at": None, "finished_at": None}
    counts = {"succeeded": 10} if status == "ended" else {"pending": 10}
    given = {"number": number, "status": status, "nodes": 10, "counts": counts, **nobody, **times, **values}
    return BatchStory(**given)  # type: ignore[typeddict-item]


def shown(*batches: BatchStory) -> list[str]:
    _, rows = batch_lines(batches, timezone.now())
    return [" ".join(row[:5]) for row in rows]


def test_what_ended_well_and_what_is_to_come_take_a_row_each() -> None:
    ended = [batch(number, "ended") for number in range(1, 38)]
    to_come = [batch(number, "planned") for number in range(39, 501)]

    assert shown(*ended, batch(38, "open"), *to_come) == [
        "1–37 ended 370 370 0",
        "38 open 10 0 0",
        "39–500 to come 4,620 0 0",
    ]


def test_open_batches_never_share_a_row() -> None:
    assert len(shown(*(batch(number, "open") for number in range(1, 31)))) == 30


def test_a_batch_with_failures_stands_out_among_those_that_went_well() -> None:
    bad = batch(2, "ended", counts={"succeeded": 7, "failed": 3})

    assert shown(batch(1, "ended"), bad, batch(3, "ended"), batch(4, "ended")) == [
        "1 ended 10 10 0",
        "2 ended 10 7 3",
        "3–4 ended 20 20 0",
    ]


def test_many_batches_with_failures_here_and_there_share_a_row() -> None:
    mixed = [
        batch(number, "ended", counts={"succeeded": 9, "failed": 1} if number % 2 else {"succeeded": 10})
        for number in range(1, 41)
    ]

    assert shown(*mixed) == ["1–40 ended 400 380 20"]


def test_columns_that_would_be_empty_are_left_out() -> None:
    titles, _ = batch_lines([batch(1, "ended")], timezone.now())

    assert titles == ("batch", "state", "nodes", "warm", "failed")
