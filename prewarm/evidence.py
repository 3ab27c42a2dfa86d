"""What a node's own list of images proves.

A kubelet lists at most 50 images, the biggest first (kubelet nodeStatusMaxImages), and of each at most five names. So a
name in the list proves presence; a missing name proves absence only where the list cannot have been cut before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from prewarm import references
from prewarm.models import Node

MOST_LISTED = 50
MOST_NAMES = 5  # of one image (kubelet MaxNamesPerImageInNodeStatus)


class Presence(Enum):
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


def presence(node: Node, images: Sequence[str], sizes: Mapping[int, int] | None = None) -> list[Presence]:
    """What the node's list says about each image, under the very name that a workload would use.

    A tag that was pulled by digest is not the tag, so only the normalised reference itself counts. `sizes` gives, by
    index, the bytes that this node once told of an image: a bigger one than the smallest listed would be listed too.
    Only a Ready node proves anything; whoever asks looks first whether the table of nodes is fresh (NodeView.fresh).
    """
    if not node.ready or not node.images:
        return [Presence.UNKNOWN] * len(images)
    names = stored_names(node.images)
    all_names = not names_are_cut(node.images)
    whole = len(node.images) < MOST_LISTED and all_names
    smallest = min(size for size, _ in node.images)
    return [
        Presence.PRESENT
        if references.parse(image).stored_name in names
        else Presence.ABSENT
        if whole or (all_names and (sizes or {}).get(index, 0) > smallest)
        else Presence.UNKNOWN
        for index, image in enumerate(images)
    ]


def proven_present(node: Node, images: Sequence[str]) -> set[int]:
    """The indexes of those images that the node certainly has."""
    return {index for index, found in enumerate(presence(node, images)) if found is Presence.PRESENT}


def names_are_cut(listed: Iterable[list[Any]]) -> bool:
    """Whether an image may have more names than are listed."""
    return any(len(names) >= MOST_NAMES for _, names in listed)


def names_of(names: Iterable[str]) -> list[str]:
    """Those of an image's listed names under which something could ask for it."""
    return [name for name in names if not name.startswith("<none>") and not name.endswith("<none>")]


def stored_names(listed: Iterable[list[Any]]) -> frozenset[str]:
    """All names under which a node lists its images; `listed` is Node.images."""
    return frozenset(name for _, names in listed for name in names)
