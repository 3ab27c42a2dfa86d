"""What a task asks of registries before it is planned, beside the turn that plans it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from prewarm.models import Task
from prewarm.references import Reference, parse
from prewarm.registries import kept
from prewarm.registries.checker import SECONDS, checker
from prewarm.registries.finding import CheckOutcome, Finding
from prewarm.registries.kept import Kept


class Question:
    """Asked when it is made; over when all is answered, at the latest after three seconds."""

    def __init__(self, task: Task, now: datetime, when_told: Callable[[], None]) -> None:
        self._until = time.monotonic() + SECONDS
        self._references: dict[int, Reference] = {}
        self._known: dict[Reference, Finding] = {}
        if not settings.REGISTRY_CHECK or task.stop_reason:
            return
        self._references = {index: parse(image) for index, image in enumerate(task.images)}
        rows = kept.read(self._references.values())
        self._known = {reference: row.finding for reference, row in rows.items() if _serves(row, task, now)}
        if left := {one: rows.get(one) for one in self._references.values() if one not in self._known}:
            checker().ask(left, when_told)

    @property
    def over(self) -> bool:
        return len(self._answers()) == len(set(self._references.values())) or time.monotonic() >= self._until

    def findings(self) -> dict[int, Finding]:
        """By the place of the image in the task, as far as it was answered."""
        answers = self._answers()
        return {index: answers[one] for index, one in self._references.items() if one in answers}

    def _answers(self) -> dict[Reference, Finding]:
        asked = checker().answers(one for one in self._references.values() if one not in self._known)
        return self._known | {reference: told.finding for reference, told in asked.items()}


def _serves(row: Kept, task: Task, now: datetime) -> bool:
    """Whether a kept finding is enough. That an image is missing must have been found since the task was asked for:

    perhaps it was pushed meanwhile.
    """
    return row.good(now) and (row.finding.outcome != CheckOutcome.MISSING or row.checked_at >= task.created_at)
