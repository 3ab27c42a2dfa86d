"""What is not proven to be on a node, as the compact JSON that a policy's row of that node keeps.

One list per kind of gap, with the marks of the images that it is about (see prewarm.marks) as one hexadecimal text:
[since, kind, sure, why, tries, again, judged, marks]. Times are seconds since the epoch, of `judged` milliseconds; 0
for never. What is true of it is decided elsewhere (prewarm.inventory.presence) at each pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from prewarm.marks import MARK_BYTES

DIGITS = 2 * MARK_BYTES


class Kind(StrEnum):
    """How it came about."""

    JOINED = "joined"  # the node is new to the policy
    WANTED = "wanted"  # the image is
    LOST = "lost"  # it was there
    UNPROVEN = "unproven"  # it was there, and the node's list does not say any more
    PULLED = "pulled"  # none: a pull of ours proved it, and the node's list does not show it


class Gap(NamedTuple):
    """One image on one node. `sure`: proven to be missing, else not known.

    `why` is the reason that the last pull there failed for, `tries` how many did in a row, `again` when the next may be
    asked for; `judged` when the last one ended that is counted here.
    """

    since: int
    kind: str
    sure: bool = True
    why: str = ""
    tries: int = 0
    again: int = 0
    judged: int = 0


Gaps = Mapping[bytes, Gap]  # by the image's mark


def read(stored: Iterable[list[Any]]) -> dict[bytes, Gap]:
    found: dict[bytes, Gap] = {}
    for *values, marks in stored:
        gap = Gap(*values[:6])._replace(judged=values[-1])  # rows of earlier versions have one more in between
        raw = bytes.fromhex(marks)
        for at in range(0, len(raw), MARK_BYTES):
            found[raw[at : at + MARK_BYTES]] = gap
    return found


def write(gaps: Gaps) -> list[list[Any]]:
    together: dict[Gap, list[bytes]] = {}
    for mark, gap in gaps.items():
        together.setdefault(gap, []).append(mark)
    return [[*gap, b"".join(sorted(marks)).hex()] for gap, marks in sorted(together.items())]
