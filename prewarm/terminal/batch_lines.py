"""A task's batches as rows of a table: hundreds that are alike make one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from prewarm.story.batches import BatchStory
from prewarm.wording import duration

TITLES = ("batch", "state", "nodes", "warm", "failed", "held by", "now")
FEW = 12
STATES = {"planned": "to come", "open": "open", "ended": "ended"}


def batch_lines(batches: Sequence[BatchStory], now: datetime) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Titles and rows, without columns that are empty.

    Open batches each have their own row. Others go together: those to come, and those that ended equally well, or at
    all where there are many.
    """
    rows = _rows(batches, now, apart=True)
    if len(rows) > FEW:
        rows = _rows(batches, now, apart=False)
    kept = [column for column in range(len(TITLES)) if any(row[column] for row in rows)]
    return tuple(TITLES[column] for column in kept), [tuple(row[column] for column in kept) for row in rows]


def _rows(batches: Sequence[BatchStory], now: datetime, *, apart: bool) -> list[tuple[str, ...]]:
    """`apart`: what ended well is not put together with what did not."""

    def alike(batch: BatchStory) -> tuple[str, int, bool]:
        own = batch["number"] if batch["status"] == "open" else -1
        return batch["status"], own, apart and batch["counts"].get("succeeded", 0) == batch["nodes"]

    return [_row(list(group), now) for _, group in groupby(batches, key=alike)]


def _row(group: list[BatchStory], now: datetime) -> tuple[str, ...]:
    first, last = group[0], group[-1]
    counts: Counter[str] = Counter()
    for batch in group:
        counts.update(batch["counts"])
    return (
        _number(first, last),
        STATES[first["status"]],
        f"{sum(batch['nodes'] for batch in group):,}",
        f"{counts['succeeded']:,}",
        f"{counts['failed']:,}",
        _holder(first, now),
        ", ".join(_now(first, counts)),
    )


def _number(first: BatchStory, last: BatchStory) -> str:
    if first["number"] == 0:
        return "planning"
    return str(first["number"]) if first is last else f"{first['number']}–{last['number']}"


def _now(batch: BatchStory, counts: Counter[str]) -> Iterator[str]:
    """What its nodes do, and what keeps the others from it."""
    if batch["status"] == "open":
        yield from (f"{counts[name]:,} {name}" for name in ("pulling", "pending") if counts[name])
    if batch["waits_for"]:
        yield f"waits for {batch['waits_for']}"


def _holder(batch: BatchStory, now: datetime) -> str:
    if batch["status"] != "open":
        return ""
    until = batch["lease_until"]
    lost = f", {batch['lost_claims']} lost in a row" if batch["lost_claims"] > 1 else ""
    if batch["holder"] and until:
        left = (until - now).total_seconds()
        lease = f"for {duration(left)} more" if left > 0 else f"lost {duration(-left)} ago"
        return f"{batch['holder']} ({lease}{lost})"
    due = (batch["due_at"] - now).total_seconds()
    return f"nobody ({f'due in {duration(due)}' if due > 0 else f'due since {duration(-due)}'}{lost})"
