"""Events in a terminal: nodes that met the same fate within a minute share a line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from prewarm.terminal.event_lines import event_lines

START = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)


def event(second: int, kind: str, text: str, **data: Any) -> dict[str, Any]:
    return {"at": (START + timedelta(seconds=second)).isoformat(), "kind": kind, "text": text, "data": data}


def failed(second: int, node: str, count: int = 1, reason: str = "disk_full") -> dict[str, Any]:
    return event(second, "nodes_failed", f"Failed on {node}.", reason=reason, count=count)


def told(*events: dict[str, Any]) -> list[str]:
    return [line.words(START) for line in event_lines(events)]


def test_the_same_fate_is_told_once_with_how_many_more() -> None:
    assert told(failed(0, "n1"), failed(3, "n2"), failed(9, "n3", count=4)) == [
        "Failed on n1. And on 5 nodes more until 22:00:09."
    ]


def test_different_fates_stay_apart_even_when_they_alternate() -> None:
    lines = told(failed(0, "n1"), failed(1, "n2", reason="evicted"), failed(2, "n3"), failed(3, "n4", reason="evicted"))

    assert lines == [
        "Failed on n1. And on 1 node more until 22:00:02.",
        "Failed on n2. And on 1 node more until 22:00:03.",
    ]


def test_after_a_minute_a_new_line_begins() -> None:
    assert told(failed(0, "n1"), failed(61, "n2")) == ["Failed on n1.", "Failed on n2."]


def test_nothing_is_moved_before_what_happened_to_the_task_in_between() -> None:
    lines = told(failed(0, "n1"), event(1, "paused", "otto paused the task.", actor="otto"), failed(2, "n2"))

    assert lines == ["Failed on n1.", "otto paused the task.", "Failed on n2."]
