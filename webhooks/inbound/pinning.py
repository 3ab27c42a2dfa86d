"""Whether nodes got what was pushed: the tag is what is pulled, and a tag may be moved before it is.

What a node has under a tag is what its own list of images says (`Node.images`), which it tells now and then; what is
not told in time is unknown, never the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from prewarm.clock import has_come
from prewarm.models import FINISHED, Node, NodeResult, NodeStatus, Task
from prewarm.references import parse
from prewarm.wording import listed, nodes
from webhooks.models import Gathering, PinState

AT_ONCE = 20  # in one tick
LOOK_EVERY = timedelta(seconds=10)
FARTHEST = timedelta(hours=1)
MOVED = "digest_moved"
EXAMPLES = 500  # of nodes whose lists are read at once


def look_due(now: datetime) -> int:
    """Compare what is due; how many are decided."""
    due = Gathering.objects.filter(has_come("look_at", now, FARTHEST), pin=PinState.WAITING).order_by("look_at")
    return sum(look(gathering, now) for gathering in due[:AT_ONCE])


def look(gathering: Gathering, now: datetime) -> bool:
    """Decide, or look again later. Two who do so at once write the same."""
    task = Task.objects.filter(pk=gathering.task).first() if gathering.task else None
    values: dict[str, Any]
    if task is None:
        values = {"pin": PinState.UNKNOWN, "look_at": None, "message": "The task was deleted before it was compared."}
    elif task.status not in FINISHED or task.finished_at is None:
        values = {"look_at": now + LOOK_EVERY}
    else:
        values = _compared(gathering, task, now)
    Gathering.objects.filter(pk=gathering.pk, pin=PinState.WAITING).update(**values)
    return "pin" in values


def _compared(gathering: Gathering, task: Task, now: datetime) -> dict[str, Any]:
    same, moved, silent = _digests(gathering, task)
    over = {"look_at": None, "looked_since": task.finished_at}
    if moved:
        found = next(iter(moved.values()))
        message = f"The tag has moved: {listed(sorted(moved))} got {found}, pushed was {gathering.digest}."
        return {**over, "pin": PinState.MOVED, "code": MOVED, "message": message[:500]}
    if not silent:
        return {**over, "pin": PinState.SAME if same else PinState.UNKNOWN}
    assert task.finished_at is not None
    if now - task.finished_at < timedelta(seconds=settings.PIN_SECONDS):
        return {"look_at": now + LOOK_EVERY, "looked_since": task.finished_at}
    message = f"{nodes(len(silent))} did not tell in time which digest they got: {listed(sorted(silent))}."
    return {**over, "pin": PinState.UNKNOWN, "message": message[:500]}


def _digests(gathering: Gathering, task: Task) -> tuple[set[str], dict[str, str], set[str]]:
    """Nodes that have what was pushed, those that have something else and what, those that have not told yet."""
    reference = parse(gathering.image)
    warm = NodeResult.objects.filter(task=task, status=NodeStatus.SUCCEEDED).values_list("node", flat=True)
    names = list(warm)
    same: set[str] = set()
    moved: dict[str, str] = {}
    silent = set(names)
    for start in range(0, len(names), EXAMPLES):
        rows = Node.objects.filter(name__in=names[start : start + EXAMPLES]).values_list("name", "images")
        for name, images in rows:
            held = digests_under(images, reference.stored_name, reference.repository)
            if not held:
                continue
            silent.discard(name)
            if gathering.digest in held:
                same.add(name)
            else:
                moved[name] = held[0]
    return same, moved, silent


def digests_under(images: Iterable[Any], stored_name: str, repository: str) -> list[str]:
    """The digests that a node's list has for the image that it lists under this very tag."""
    prefix = f"{repository}@"
    for _, listed_names in images:
        if stored_name in listed_names:
            return [name.removeprefix(prefix) for name in listed_names if name.startswith(prefix)]
    return []
