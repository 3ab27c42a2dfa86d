"""The names of all images that nodes list or that were pulled, so that a mark can be read again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial

from prewarm.clock import database_now
from prewarm.evidence import names_of
from prewarm.marks import key_of_mark, mark
from prewarm.models import KnownImage, Node
from prewarm.references import parse
from prewarm.transactions import retried
from prewarm.upsert import ROWS, upsert

TELL_AGAIN_SECONDS = 3600.0
LONGEST = 700
MOST_BYTES = 2**63 - 1
MOST_REMEMBERED = 200_000

_told: dict[int, float] = {}  # what this process wrote, and when on its own clock


def learn_listed(rows: Iterable[Node]) -> None:
    """The images that these nodes list, with their sizes. Before the nodes are written: a mark always has its name."""
    sizes = {name: min(size, MOST_BYTES) for row in rows for size, names in row.images for name in names_of(names)}
    learn(sizes)


def learn_pulled(images: Iterable[str]) -> None:
    """Images that we pull."""
    learn({parse(image).stored_name: None for image in images})


def learn(sizes: Mapping[str, int | None]) -> None:
    """Write the names that this process did not write within the last hour, 500 a transaction."""
    now = time.monotonic()
    numbers = {key_of_mark(mark(name)): name for name in sizes if len(name) <= LONGEST}
    new = sorted(number for number in numbers if now - _told.get(number, -TELL_AGAIN_SECONDS) >= TELL_AGAIN_SECONDS)
    if not new:
        return
    told_at = database_now()
    rows = [KnownImage(mark=one, name=numbers[one], bytes=sizes[numbers[one]] or None, told_at=told_at) for one in new]
    sized = [row for row in rows if row.bytes is not None]
    unsized = [row for row in rows if row.bytes is None]
    for some, fields in ((sized, ("bytes", "told_at")), (unsized, ("told_at",))):
        for start in range(0, len(some), ROWS):
            part = some[start : start + ROWS]
            retried(partial(upsert, part, fields))
    if len(_told) > MOST_REMEMBERED:
        _told.clear()
    _told.update(dict.fromkeys(new, now))


def forget() -> None:
    """Write every name anew; for tests, whose databases come and go."""
    _told.clear()
