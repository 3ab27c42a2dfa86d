"""How a running task looks in a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from prewarm.models import Task
from prewarm.terminal import Progress, bar, words

COUNTS = ("succeeded", "failed", "skipped", "cancelled", "active", "pending")


def task(**counts: Any) -> Task:
    """A planned task with these counts of nodes."""
    desired = sum(counts.get(name, 0) for name in COUNTS)
    return Task(**{"planned_at": timezone.now(), "desired": desired, **counts})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestWords:
    @pytest.mark.parametrize(
        ("counts", "text"),
        [
            (
                {"succeeded": 35, "failed": 3, "active": 5, "pending": 57},
                "38 of 100 nodes: 35 succeeded, 3 failed, 5 pulling",
            ),
            ({"pending": 4}, "0 of 4 nodes"),
            ({"skipped": 1, "cancelled": 2}, "3 of 3 nodes: 1 skipped, 2 cancelled"),
            ({}, "0 of 0 nodes"),
            ({"pending": 4, "waiting_reason": "host:docker.io"}, "0 of 4 nodes (waiting: host:docker.io)"),
            ({"succeeded": 1, "waiting_reason": "cluster", "status": "succeeded"}, "1 of 1 nodes: 1 succeeded"),
            ({"planned_at": None}, "planning"),
            ({"planned_at": None, "waiting_reason": "node_view_stale"}, "planning, waiting: node_view_stale"),
        ],
    )
    def test_say_how_far_a_task_is_and_what_it_waits_for(self, counts: dict[str, Any], text: str) -> None:
        assert words(task(**counts)) == text


class TestTheBar:
    @pytest.mark.parametrize(
        ("counts", "shown"),
        [
            ({}, "░░░░░░░░░░"),
            ({"pending": 5}, "░░░░░░░░░░"),
            ({"succeeded": 5}, "██████████"),
            ({"succeeded": 5, "pending": 5}, "█████░░░░░"),
            ({"succeeded": 4, "failed": 2, "skipped": 1, "cancelled": 1, "active": 1, "pending": 1}, "████✗✗–·▒░"),
        ],
    )
    def test_shows_each_count_as_long_as_it_is(self, counts: dict[str, int], shown: str) -> None:
        assert bar(task(**counts), 10) == shown

    @given(st.fixed_dictionaries({name: st.integers(0, 5000) for name in COUNTS}), st.integers(1, 80))
    def test_is_always_as_wide_as_asked_for_and_full_only_when_nothing_is_left(
        self, counts: dict[str, int], width: int
    ) -> None:
        shown = bar(task(**counts), width)

        assert len(shown) == width
        if counts["pending"]:
            assert shown.endswith("░")
        elif any(counts.values()):
            assert "░" not in shown


class TestProgress:
    def test_in_a_pipe_there_is_a_line_whenever_something_changed(self) -> None:
        stream = io.StringIO()
        progress = Progress(stream)

        for succeeded in (0, 0, 1, 1, 2):
            progress.show(task(succeeded=succeeded, pending=2 - succeeded))
        progress.end()

        assert stream.getvalue().splitlines() == [
            "0 of 2 nodes",
            "1 of 2 nodes: 1 succeeded",
            "2 of 2 nodes: 2 succeeded",
        ]

    def test_in_a_terminal_one_line_moves(self) -> None:
        stream = Terminal()
        progress = Progress(stream)

        progress.show(task(succeeded=1, pending=1))
        progress.show(task(succeeded=2))
        progress.end()

        assert stream.getvalue().count("\n") == 1
        assert stream.getvalue().count("\r\x1b[K") == 2
        assert stream.getvalue().endswith("2 of 2 nodes: 2 succeeded\n")

    def test_what_was_never_shown_needs_no_new_line(self) -> None:
        stream = Terminal()

        Progress(stream).end()

        assert stream.getvalue() == ""
