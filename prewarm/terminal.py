"""How a running task looks in a terminal: one bar that moves, or a line whenever something changed."""

from __future__ import annotations

import shutil
from typing import TextIO

from prewarm.models import Task

PARTS = (("succeeded", "█"), ("failed", "✗"), ("skipped", "–"), ("cancelled", "·"), ("active", "▒"))


class Progress:
    """Writes to `stream` what changed since the last look."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.moving = stream.isatty()
        self.last = ""

    def show(self, task: Task) -> None:
        line = words(task)
        if line == self.last:
            return
        self.last = line
        if self.moving:
            width = max(10, min(40, shutil.get_terminal_size().columns - len(line) - 3))
            self.stream.write(f"\r\x1b[K{bar(task, width)} {line}")
        else:
            self.stream.write(f"{line}\n")
        self.stream.flush()

    def end(self) -> None:
        if self.moving and self.last:
            self.stream.write("\n")
            self.stream.flush()


def words(task: Task) -> str:
    """`38 of 100 nodes: 35 succeeded, 3 failed, 5 pulling`, and what the rest waits for."""
    if not task.planned_at:
        return "planning" + (f", waiting: {task.waiting_reason}" if task.waiting_reason else "")
    done = task.succeeded + task.failed + task.skipped + task.cancelled
    shown = [("succeeded", task.succeeded), ("failed", task.failed), ("skipped", task.skipped)]
    shown += [("cancelled", task.cancelled), ("pulling", task.active)]
    text = ", ".join(f"{count} {name}" for name, count in shown if count)
    line = f"{done} of {task.desired} nodes" + (f": {text}" if text else "")
    return line + (f" (waiting: {task.waiting_reason})" if task.waiting_reason and not task.finished else "")


def bar(task: Task, width: int) -> str:
    """The counts as one segmented bar of so many characters."""
    if not task.desired:
        return "░" * width
    cells = ""
    reached = 0
    for name, mark in PARTS:
        reached += getattr(task, name)
        cells += mark * (width * reached // task.desired - len(cells))
    return cells + "░" * (width - len(cells))
