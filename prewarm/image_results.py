"""What happened to each image on one node, as the compact JSON that a node result keeps.

One list per image: [index, outcome, reason, milliseconds, bytes, message id, attempt, milliseconds waited]; what is not
known at the end is left out. An outcome of "" is open: the image still has to be pulled; its reason then tells what
went wrong the last time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models


class Outcome(models.TextChoices):
    OPEN = ""
    PULLED = "pulled"
    ALREADY_PRESENT = "already_present"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


WARM = frozenset({Outcome.PULLED, Outcome.ALREADY_PRESENT})


@dataclass
class ImageResult:
    """One image on one node. `attempt` is the last one that tried it, 0 for none."""

    index: int
    outcome: str = Outcome.OPEN
    reason: str = ""
    milliseconds: int | None = None
    size: int | None = None
    message_id: int | None = None
    attempt: int = 0
    waited: int | None = None

    @property
    def open(self) -> bool:
        return self.outcome == Outcome.OPEN

    @property
    def warm(self) -> bool:
        return self.outcome in WARM

    def end(self, outcome: Outcome, reason: str = "", message_id: int | None = None) -> None:
        """Give the image its one final outcome."""
        self.outcome, self.reason = outcome, reason
        self.message_id = message_id if reason else None

    def compact(self) -> list[Any]:
        told = [self.index, self.outcome, self.reason, self.milliseconds, self.size, self.message_id, self.attempt]
        return told if self.waited is None else [*told, self.waited]


def read(stored: Iterable[list[Any]]) -> list[ImageResult]:
    return [ImageResult(*entry) for entry in stored]


def write(images: Iterable[ImageResult]) -> list[list[Any]]:
    return [image.compact() for image in images]


def untouched(indexes: Iterable[int]) -> list[list[Any]]:
    """What a node result starts with."""
    return [ImageResult(index).compact() for index in indexes]
