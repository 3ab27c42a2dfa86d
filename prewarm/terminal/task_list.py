"""Tasks as a table, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prewarm.models import Task
from prewarm.terminal.layout import Page
from prewarm.waiting import in_words
from prewarm.wording import counted, duration, nodes


def write_tasks(page: Page, tasks: Sequence[Task], now: datetime, left_out: int) -> None:
    """`left_out` is how many others there are."""
    if not tasks:
        page.text("No task. Make one with: manage.py prewarm IMAGE… --all-nodes", indent=0)
        return
    rows = [(str(task.pk)[:8], _status(task), _warm(task), _age(task, now), _what(task)) for task in tasks]
    page.table(("id", "status", "warm", "age", "task"), rows, right=(3,))
    if left_out:
        page.text(f"and {counted(left_out, 'more task')}; see --limit and --status", paint=page.paints.quiet)


def _status(task: Task) -> str:
    if task.finished:
        return task.status
    if task.stop_reason:
        return "stopping"
    return "paused" if task.paused_at else task.status


def _warm(task: Task) -> str:
    text = f"{task.succeeded:,} of {nodes(task.desired)}" if task.desired else "–"
    return f"{text}, {task.failed:,} failed" if task.failed else text


def _age(task: Task, now: datetime) -> str:
    return duration((now - task.created_at).total_seconds())


def _what(task: Task) -> str:
    waits = "" if task.finished or task.paused_at else in_words(task.waiting_reason)
    return f"{task.title} on {task.target}" + (f"; waiting for {waits}" if waits else "")
