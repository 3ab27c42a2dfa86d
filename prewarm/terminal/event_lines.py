"""A task's events for people: nodes that met the same fate within a minute share a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prewarm.wording import clock, nodes

TOGETHER = timedelta(minutes=1)


@dataclass
class EventLine:
    """One event, and how many nodes of later ones it stands for."""

    at: datetime
    text: str
    fate: tuple[str, str] | None
    more: int = 0
    until: datetime | None = None

    def words(self, now: datetime) -> str:
        return (
            f"{self.text} And on {nodes(self.more)} more until {clock(self.until, now)}." if self.until else self.text
        )


def event_lines(events: Iterable[Mapping[str, Any]]) -> list[EventLine]:
    """In order. Events about nodes go together by kind and reason until something else happens to the task."""
    lines: list[EventLine] = []
    open_lines: dict[tuple[str, str], EventLine] = {}
    for event in events:
        at = datetime.fromisoformat(event["at"])
        count = event["data"].get("count")
        fate = (event["kind"], event["data"].get("reason", "")) if count else None
        known = open_lines.get(fate) if fate else None
        if known and at - known.at <= TOGETHER:
            known.more += count
            known.until = at
            continue
        line = EventLine(at, event["text"], fate)
        lines.append(line)
        if fate:
            open_lines[fate] = line
        else:
            open_lines.clear()
    return lines
