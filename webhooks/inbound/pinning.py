"""Whether nodes got what was pushed: the tag is what is pulled, and a tag may be moved before it is.

What a node got is what the runtime told of the pull (`OwnPull`), or what the node's own list of images says
(`Node.images`). A list is behind, so what it says against the push counts only once it could have told of the pull.
What is not told in time is unknown, never the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from prewarm.clock import has_come
from prewarm.marks import key_of_mark, mark_of
from prewarm.models import FINISHED, Node, NodeResult, NodeStatus, OwnPull, Task
from prewarm.references import parse
from prewarm.transactions import AWAY
from prewarm.wording import listed, nodes
from webhooks.models import Gathering, PinState

log = logging.getLogger(__name__)

AT_ONCE = 20  # in one tick
LOOK_EVERY = timedelta(seconds=10)
FARTHEST = timedelta(hours=1)
MOVED = "digest_moved"
EXAMPLES = 500  # of nodes whose lists are read at once


def look_due(now: datetime) -> int:
    """Compare what is due; how many are decided."""
    due = Gathering.objects.filter(has_come("look_at", now, FARTHEST), pin=PinState.WAITING).order_by("look_at")
    return sum(_safely(gathering, now) for gathering in due[:AT_ONCE])


def _safely(gathering: Gathering, now: datetime) -> bool:
    """One that cannot be compared holds up no other."""
    try:
        return look(gathering, now)
    except AWAY:
        raise
    except Exception:
        log.exception("a push was not compared", extra={"row": str(gathering.pk)})
        values = {"pin": PinState.UNKNOWN, "look_at": None, "message": "It could not be compared; the log says why."}
        return bool(Gathering.objects.filter(pk=gathering.pk, pin=PinState.WAITING).update(**values))


def look(gathering: Gathering, now: datetime) -> bool:
    """Decide, or look again later. Two who do so at once write the same."""
    task = Task.objects.filter(pk=gathering.task).first() if gathering.task else None
    values: dict[str, Any]
    if task is None:
        values = {"pin": PinState.UNKNOWN, "look_at": None, "message": "The task was deleted before it was compared."}
    elif task.status not in FINISHED or task.finished_at is None:
        values = {"look_at": now + LOOK_EVERY}
    else:
        values = _compared(gathering, task, task.finished_at, now)
    Gathering.objects.filter(pk=gathering.pk, pin=PinState.WAITING).update(**values)
    return "pin" in values


def _compared(gathering: Gathering, task: Task, finished_at: datetime, now: datetime) -> dict[str, Any]:
    over = {"look_at": None, "looked_since": finished_at}
    names = list(NodeResult.objects.filter(task=task, status=NodeStatus.SUCCEEDED).values_list("node", flat=True))
    if not names:
        return {**over, "pin": PinState.UNKNOWN, "message": "The task made it warm on no node."}
    got = digests_on(gathering, names, task.created_at)
    other = {name: digests for name, digests in got.items() if gathering.digest not in digests}
    silent = [name for name in names if name not in got]
    lists_told = not timedelta() <= now - finished_at < timedelta(seconds=settings.NODE_IMAGES_LAG_SECONDS)
    if other and lists_told:
        found = next(iter(other.values()))[0]
        message = f"The tag has moved: {listed(sorted(other))} got {found}, pushed was {gathering.digest}."
        return {**over, "pin": PinState.MOVED, "code": MOVED, "message": message[:500]}
    if not other and not silent:
        return {**over, "pin": PinState.SAME}
    if other or timedelta() <= now - finished_at < timedelta(seconds=settings.PIN_SECONDS):
        return {"look_at": now + LOOK_EVERY, "looked_since": finished_at}
    message = f"{nodes(len(silent))} did not tell in time which digest they got: {listed(sorted(silent))}."
    return {**over, "pin": PinState.UNKNOWN, "message": message[:500]}


def digests_on(gathering: Gathering, names: list[str], since: datetime) -> Mapping[str, list[str]]:
    """By node, the digests that it has under the tag: first what a pull proved since then, then what it lists."""
    reference, number = parse(gathering.image), key_of_mark(mark_of(gathering.image))
    found: dict[str, list[str]] = {}
    for start in range(0, len(names), EXAMPLES):
        part = names[start : start + EXAMPLES]
        pulls = OwnPull.objects.filter(image=number, node__in=part, at__gte=since).exclude(digest="")
        proven = {node: (uid, digest) for node, uid, digest in pulls.values_list("node", "node_uid", "digest")}
        for name, uid, images in Node.objects.filter(name__in=part).values_list("name", "uid", "images"):
            pulled_on, digest = proven.get(name, ("", ""))
            digests = [digest] if digest and pulled_on == uid else []
            digests += digests_under(images, reference.stored_name, reference.repository)
            if digests:
                found[name] = digests
    return found


def digests_under(images: Iterable[Any], stored_name: str, repository: str) -> list[str]:
    """The digests that a node's list has for the image that it lists under this very tag."""
    prefix = f"{repository}@"
    for _, listed_names in images:
        if stored_name in listed_names:
            return [name.removeprefix(prefix) for name in listed_names if name.startswith(prefix)]
    return []
