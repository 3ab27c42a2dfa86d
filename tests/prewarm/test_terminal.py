"""How a running task looks in a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from prewarm.models import Task
from prewarm.terminal.progress import Progress, bar, fitted, words

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
            (
                {"pending": 4, "waiting_reason": "host:docker.io"},
                "0 of 4 nodes; waiting for room at the registry docker.io",
            ),
            ({"pending": 4, "paused_at": timezone.now()}, "0 of 4 nodes; waiting for somebody to resume it"),
            ({"pending": 4, "waiting_reason": "own_limit"}, "0 of 4 nodes"),
            ({"succeeded": 1, "waiting_reason": "cluster", "status": "succeeded"}, "1 of 1 node: 1 succeeded"),
            ({"planned_at": None}, "choosing the nodes"),
            (
                {"planned_at": None, "waiting_reason": "cluster_unreachable"},
                "choosing the nodes, waiting for the API server, which does not answer",
            ),
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
    def test_in_a_pipe_there_is_a_line_when_something_changed_at_most_one_a_second(self) -> None:
        stream = io.StringIO()
        seconds = iter([0.0, 0.0, 0.3, 0.9, 1.2, 1.2])
        progress = Progress(stream, clock=lambda: next(seconds))

        for succeeded in (0, 0, 1, 2, 3):
            progress.show(task(succeeded=succeeded, pending=4 - succeeded))
        progress.end()

        assert stream.getvalue().splitlines() == ["0 of 4 nodes", "3 of 4 nodes: 3 succeeded"]

    def test_in_a_pipe_the_last_word_is_said_in_any_case(self) -> None:
        stream = io.StringIO()
        progress = Progress(stream, clock=lambda: 0.0)

        for succeeded in (0, 1, 2):
            progress.show(task(succeeded=succeeded, pending=2 - succeeded))
        progress.end()

        assert stream.getvalue().splitlines() == ["0 of 2 nodes", "2 of 2 nodes: 2 succeeded"]

    def test_in_a_terminal_one_line_moves(self) -> None:
        stream = Terminal()
        progress = Progress(stream)

        progress.show(task(succeeded=1, pending=1))
        progress.show(task(succeeded=2))
        progress.end()

        assert stream.getvalue().count("\n") == 1
        assert stream.getvalue().count("\r\x1b[K") == 2
        assert stream.getvalue().endswith("2 of 2 nodes: 2 succeeded\n")

    @given(st.fixed_dictionaries({name: st.integers(0, 5000) for name in COUNTS}), st.integers(12, 200))
    def test_the_line_fits_any_terminal(self, counts: dict[str, int], columns: int) -> None:
        some = task(**counts, waiting_reason="host:registry.example.com")

        assert len(fitted(some, words(some), columns)) < columns

    def test_what_was_never_shown_needs_no_new_line(self) -> None:
        stream = Terminal()

        Progress(stream).end()

        assert stream.getvalue() == ""
