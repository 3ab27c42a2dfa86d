"""What the inventory forgets, and what it brings back to what the nodes list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prewarm.inventory import known_images
from prewarm.marks import all_in, key_of_mark
from prewarm.models import Duty, KnownImage, Node, NodeView, OwnPull
from prewarm.transactions import retried
from prewarm.upsert import ROWS

PULLS, NAMES, NODES = 1000, 1000, 1000  # at a time
NODES_AT_ONCE = 10  # of which all own pulls go in one transaction
THOROUGHLY = timedelta(hours=1)


def prune(now: datetime, kept: timedelta) -> int:
    """Delete own pulls that are too old, some at a time; once an hour look through everything. How many rows went."""
    old = list(OwnPull.objects.filter(at__lt=now - kept).order_by("at").values_list("pk", flat=True)[:PULLS])
    for part in _parts(old):
        retried(OwnPull.objects.filter(pk__in=part, at__lt=now - kept).delete)
    gone = len(old)
    if Duty.claim("inventory", THOROUGHLY):
        gone += look_through(now, kept)
    return gone


def look_through(now: datetime, kept: timedelta) -> int:
    """1. Names that nodes list, or that were pulled, are told of now; others go after the days that are set.

    2. A name that is listed and was never written is written. 3. What was pulled on nodes that are gone is forgotten.
    """
    if not NodeView.load().fresh():
        return 0
    listed = {key_of_mark(one) for _, marks in _marks() for one in all_in(marks)}
    pulled = set(OwnPull.objects.order_by("image").values_list("image", flat=True).distinct())
    known = dict(KnownImage.objects.values_list("mark", "told_at"))
    told = sorted(mark for mark in (listed | pulled) & known.keys() if now - known[mark] >= THOROUGHLY)
    for part in _parts(told):
        KnownImage.objects.filter(mark__in=part).update(told_at=now)
    over = sorted(mark for mark in known.keys() - listed - pulled if known[mark] < now - kept)[:NAMES]
    for part in _parts(over):
        KnownImage.objects.filter(mark__in=part, told_at__lt=now - kept).delete()
    if missing := listed - known.keys():
        _learn(missing)
    return len(over) + _forget_nodes()


def _learn(missing: set[int]) -> None:
    """Look at the whole lists of some nodes that have these names."""
    some = [name for name, marks in _marks() if not missing.isdisjoint(map(key_of_mark, all_in(marks)))][:NODES_AT_ONCE]
    known_images.forget()
    known_images.learn_listed(Node.objects.only("name", "images").filter(pk__in=some))


def _forget_nodes() -> int:
    """A node that comes back under its name is another one, with an empty disk."""
    pulled = set(OwnPull.objects.order_by("node").values_list("node", flat=True).distinct())
    left = sorted(pulled - set(Node.objects.values_list("name", flat=True)))[:NODES] if pulled else []
    gone = 0
    for start in range(0, len(left), NODES_AT_ONCE):
        gone += retried(OwnPull.objects.filter(node__in=left[start : start + NODES_AT_ONCE]).delete)[0]
    return gone


def _marks() -> Iterator[tuple[str, bytes]]:
    rows = Node.objects.exclude(marks=None).values_list("name", "marks")
    return ((name, bytes(marks or b"")) for name, marks in rows.iterator(chunk_size=500))


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + ROWS] for start in range(0, len(numbers), ROWS))
