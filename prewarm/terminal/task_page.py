"""The story of one task in a terminal, from what was asked for to the last event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prewarm import history, task_clock
from prewarm.models import Task, TaskStatus
from prewarm.reason_groups import EXAMPLES
from prewarm.reasons import label_for
from prewarm.terminal.batch_lines import batch_lines
from prewarm.terminal.event_lines import event_lines
from prewarm.terminal.layout import Page, Paint
from prewarm.terminal.progress import WIDEST_BAR, bar, tally
from prewarm.waiting import Wait
from prewarm.wording import clock, counted, duration, listed, nodes, size

Story = Mapping[str, Any]


def write_task(page: Page, task: Task, story: Story, now: datetime, events: int) -> None:
    """`events` is how many of the last ones are shown."""
    _head(page, task, now)
    _nodes(page, task)
    _waiting(page, story["waiting"], now)
    _batches(page, story, now)
    _reasons(page, story)
    _attempts(page, task, story, now)
    _images(page, story)
    _events(page, story, now, events)
    if story["look_closer"]:
        page.heading("In the cluster")
        for line in story["look_closer"]:
            page.whole(line)


def state_of(task: Task) -> str:
    """Where it stands, in a sentence."""
    if task.finished:
        return history.ending(task)
    if task.stop_reason:
        return "Being stopped: pulls under way are ended, nothing more starts."
    if task.paused_at:
        return "Paused: pulls under way go on to their end, nothing more starts."
    if not task.planned_at:
        return "Pending: its nodes are not chosen yet."
    return "Running." if task.started_at else "Pending: its nodes are chosen, no pull has started yet."


def paint_of(page: Page, task: Task) -> Paint:
    if task.status == TaskStatus.SUCCEEDED:
        return page.paints.good
    if task.status == TaskStatus.FAILED:
        return page.paints.bad
    return page.paints.warn if task.finished or task.stop_reason or task.paused_at else page.paints.heading


def _head(page: Page, task: Task, now: datetime) -> None:
    page.heading(f"Task {task.pk}")
    if task.name:
        page.text(task.name, indent=0)
    page.text(state_of(task), indent=0, paint=paint_of(page, task))
    page.lines.append("")
    page.facts(
        [
            ("images", listed(task.images, shown=8)),
            ("nodes", task.target),
            ("asked for", f"by {task.actor} at {_at(task.created_at, now)}, tenant {task.tenant.slug}"),
            ("made by", task.cause),
            ("retry of", str(task.retry_of_id or "")),
            ("ran", _ran(task, now)),
            ("limits", _limits(task)),
        ]
    )


def _ran(task: Task, now: datetime) -> str:
    if not task.started_at:
        return ""
    end = task.finished_at or now
    took = duration((end - task.started_at).total_seconds())
    until = f"to {clock(task.finished_at, now)}" if task.finished_at else "until now"
    used = f"{duration(task_clock.elapsed(task, now))} of {duration(task.timeout_seconds)}"
    return f"{clock(task.started_at, now)} {until} ({took}; on its clock {used})"


def _limits(task: Task) -> str:
    told = [
        f"{nodes(task.batch_size)} a batch",
        f"{counted(task.parallel_batches, 'batch', 'batches')} at once",
        f"{counted(task.max_in_flight, 'pull')} at once",
        counted(task.max_attempts, "attempt"),
        "urgent" if task.urgent else f"priority {task.priority}",
    ]
    if task.first_wave:
        told.append(f"first wave {nodes(task.first_wave)}")
    if task.failure_limit:
        told.append(f"stops at {task.failure_limit} failures")
    return ", ".join(told)


def _nodes(page: Page, task: Task) -> None:
    if not task.desired:
        return
    page.heading("Nodes")
    page.whole(bar(task, min(WIDEST_BAR, page.width - 2)))
    page.text(tally(task))


def _waiting(page: Page, wait: Wait | None, now: datetime) -> None:
    if wait is None:
        return
    page.heading("Waiting")
    page.text(f"for {wait['text']}{_when(wait['since'], wait['until'], now)}", paint=page.paints.warn)
    for holder in wait["held_by"]:
        page.text(f"{counted(holder['pull_jobs'], 'pull job')} of task {holder['task'][:8]} ({holder['title']})", 4)


def _when(since: datetime | None, until: datetime | None, now: datetime) -> str:
    told = []
    if since:
        told.append(f"since {clock(since, now)} ({duration((now - since).total_seconds())})")
    if until:
        told.append(f"until {clock(until, now)} (in {duration((until - now).total_seconds())})")
    return f", {', '.join(told)}" if told else ""


def _batches(page: Page, story: Story, now: datetime) -> None:
    batches = story["batches"]
    if not batches:
        return
    counts = {name: sum(1 for batch in batches if batch["status"] == name) for name in ("ended", "open", "planned")}
    words = {"ended": "ended", "open": "open", "planned": "to come"}
    page.heading("Batches", ", ".join(f"{count:,} {words[name]}" for name, count in counts.items() if count))
    titles, rows = batch_lines(batches, now)
    page.table(titles, rows, right=(2, 3, 4), wrap=True)


def _reasons(page: Page, story: Story) -> None:
    if not story["reasons"]:
        return
    page.heading("Why nodes are not warm")
    for group in story["reasons"]:
        page.text(f"{nodes(group['nodes'])}: {label_for(group['reason'])} ({group['reason']})", paint=page.paints.bad)
        page.text(group["hint"], 4)
        if len(group["images"]) < len(story["images"]):
            page.text(f"images: {listed(group['images'], shown=5)}", 4, hang=8)
        if group["message"]:
            page.text(f"the runtime says: {group['message']}", 4, page.paints.quiet, hang=2)
        more = f" and {group['nodes'] - EXAMPLES:,} more" if group["nodes"] > EXAMPLES else ""
        page.text(f"on {', '.join(group['examples'])}{more}", 4, hang=3)
        for line in group["look_closer"]:
            page.whole(f"$ {line.replace('{node}', group['examples'][0])}", 4)


def _attempts(page: Page, task: Task, story: Story, now: datetime) -> None:
    if story["coming_attempts"]:
        page.heading("Next attempts")
    for group in story["coming_attempts"]:
        when = group["first_at"]
        due = f", from {clock(when, now)} on" if when and when > now else ", due now"
        what = f"attempt {group['attempt']} of {task.max_attempts} on {nodes(group['nodes'])}{due}"
        page.text(f"{what}: {label_for(group['reason'])} ({', '.join(group['examples'])}{' …' * (group['nodes'] > 3)})")
    if story["earlier_failures"]:
        told = [
            f"{counted(row['attempts'], 'attempt')} on {nodes(row['nodes'])}, {label_for(row['reason'])}"
            for row in story["earlier_failures"]
        ]
        page.heading("Attempts that were not enough")
        for line in told:
            page.text(line)


def _images(page: Page, story: Story) -> None:
    figures = [one for one in story["figures"] if one["pulled"] or one["already_present"] or one["failed"]]
    if not figures:
        return
    page.heading("Images", "pull times are the nodes' own; – is not known")
    rows = [
        (
            f"{one['pulled']:,}",
            f"{one['already_present']:,}",
            f"{one['failed']:,}",
            _seconds(one["median_seconds"]),
            _seconds(one["longest_seconds"]),
            size(one["bytes"]) if one["bytes"] is not None else "–",
            one["longest_on"] or "–",
            one["image"],
        )
        for one in figures
    ]
    page.table(
        ("pulled", "present", "failed", "median", "longest", "size", "longest on", "image"), rows, right=range(6)
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else duration(value)


def _events(page: Page, story: Story, now: datetime, shown: int) -> None:
    events = story["events"]
    if not events or not shown:
        return
    lines = event_lines(events)
    left_out = max(0, len(lines) - shown)
    page.heading("Events", f"UTC; {left_out:,} earlier ones with --events {len(lines)}" if left_out else "UTC")
    for line in lines[left_out:]:
        at = clock(line.at, now)
        page.text(f"{at}  {line.words(now)}", hang=len(at) + 2)


def _at(at: datetime, now: datetime) -> str:
    return f"{clock(at, now)} UTC ({duration((now - at).total_seconds())} ago)"
