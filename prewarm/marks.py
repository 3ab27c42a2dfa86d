"""A node's list of images in short, so that thousands of nodes can be looked through at once.

Two bytes for how many images are listed (the highest bit: some may have names that are not), then eight for each name:
a part of its hash. A name that is not there is found by accident once in 10^15 times; whoever pulls looks at the list
itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from struct import unpack
from typing import Any

from prewarm.evidence import MOST_LISTED, names_are_cut, stored_names
from prewarm.references import parse

COUNT_BYTES, MARK_BYTES = 2, 8
NAMES_CUT, MOST_COUNTED = 0x8000, 0x7FFF


def marks_of(listed: list[list[Any]]) -> bytes:
    """Of `Node.images`."""
    count = min(len(listed), MOST_COUNTED) | (NAMES_CUT if names_are_cut(listed) else 0)
    return count.to_bytes(COUNT_BYTES, "big") + b"".join(sorted(mark(name) for name in stored_names(listed)))


@lru_cache(100_000)
def mark_of(image: str) -> bytes:
    """Of the name under which a node would list this image."""
    return mark(parse(image).stored_name)


def mark(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=MARK_BYTES).digest()


def is_whole(marks: bytes) -> bool:
    """Whether the list cannot have been cut: what it does not have, the node does not have."""
    return 0 < int.from_bytes(marks[:COUNT_BYTES], "big") < MOST_LISTED


def names_cut(marks: bytes) -> bool:
    """Whether an image that is listed may have a name that is not."""
    return bool(int.from_bytes(marks[:COUNT_BYTES], "big") & NAMES_CUT)


def key_of_mark(mark: bytes) -> int:
    """A mark as a column keeps it."""
    return int.from_bytes(mark, "big", signed=True)


def mark_from(key: int) -> bytes:
    return key.to_bytes(MARK_BYTES, "big", signed=True)


def all_in(marks: bytes) -> list[bytes]:
    """The marks of all names in the list."""
    return [marks[at : at + MARK_BYTES] for at in range(COUNT_BYTES, len(marks), MARK_BYTES)]


def has_any(marks: bytes, wanted: Iterable[bytes]) -> bool:
    """Whether the list may have one of them."""
    return any(one in marks for one in wanted)


def lacking(marks: bytes, wanted: frozenset[int]) -> frozenset[int]:
    """Those that the list does not have; marks as numbers."""
    return wanted.difference(unpack(f">{(len(marks) - COUNT_BYTES) // MARK_BYTES}Q", marks[COUNT_BYTES:]))


def number_of(image: str) -> int:
    """The mark of this image as a number."""
    return int.from_bytes(mark_of(image), "big")
