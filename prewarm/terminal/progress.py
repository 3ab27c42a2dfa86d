"""How a running task looks in a terminal: one bar that moves, or elsewhere a line now and then."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from prewarm.models import Task
from prewarm.waiting import in_words
from prewarm.wording import nodes

LINE_EVERY_SECONDS = 1.0
NARROWEST_BAR, WIDEST_BAR = 10, 40
PARTS = (("succeeded", "█"), ("failed", "✗"), ("skipped", "–"), ("cancelled", "·"), ("active", "▒"))


class Progress:
    """Writes to `stream` what changed since the last look: in a terminal at once, elsewhere at most a line a second."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.clock = clock
        self.moving = stream.isatty()
        self.last = ""
        self.unsaid = ""
        self.said_at = float("-inf")

    def show(self, task: Task) -> None:
        line = words(task)
        if line == self.last:
            return
        self.last = line
        if self.moving:
            self.stream.write(f"\r\x1b[K{fitted(task, line, shutil.get_terminal_size().columns)}")
            self.stream.flush()
            return
        self.unsaid = line
        if self.clock() - self.said_at >= LINE_EVERY_SECONDS:
            self.say()

    def say(self) -> None:
        self.stream.write(f"{self.unsaid}\n")
        self.stream.flush()
        self.unsaid, self.said_at = "", self.clock()

    def end(self) -> None:
        """Close the line, or say what is still unsaid."""
        if self.moving and self.last:
            self.stream.write("\n")
            self.stream.flush()
        elif self.unsaid:
            self.say()


def words(task: Task) -> str:
    """`38 of 100 nodes: 35 succeeded, 3 failed, 5 pulling`, and what the rest waits for."""
    waits = "" if task.finished else in_words("paused" if task.paused_at else task.waiting_reason)
    if not task.planned_at:
        return f"choosing the nodes, waiting for {waits}" if waits else "choosing the nodes"
    return f"{tally(task)}; waiting for {waits}" if waits else tally(task)


def tally(task: Task) -> str:
    done = task.succeeded + task.failed + task.skipped + task.cancelled
    shown = [("succeeded", task.succeeded), ("failed", task.failed), ("skipped", task.skipped)]
    shown += [("cancelled", task.cancelled), ("pulling", task.active)]
    text = ", ".join(f"{count} {name}" for name, count in shown if count)
    return f"{done} of {nodes(task.desired)}" + (f": {text}" if text else "")


def fitted(task: Task, line: str, columns: int) -> str:
    """The bar and the line, never wider than the terminal: a line that wraps could not be written over."""
    room = columns - 1
    width = min(WIDEST_BAR, room - len(line) - 1)
    if width >= NARROWEST_BAR:
        return f"{bar(task, width)} {line}"
    return line if len(line) <= room else f"{line[: room - 1]}…"


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
