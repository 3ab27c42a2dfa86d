"""What all matched nodes have already, and what that leaves to load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prewarm.marks import is_whole, lacking, mark_of
from prewarm.models import Node
from prewarm.platforms import platform_of

# Unpacked, layers take two to three times what they have when they travel.
UNPACKED = 2.5
LARGE_SHARE = 0.4  # of a node's disk: beside what is there, that may reach the 85 % at which kubelets delete images
Sizes = Mapping[str, Sequence[int | None]]  # compressed bytes of each image, by platform


@dataclass(frozen=True)
class Warmth:
    """How many nodes surely have every image, of how many that is not known; the bytes to load, if any size is known.

    `crowded` is on how many nodes the images would take a large share of the disk.
    """

    nodes: int
    unknown: int
    bytes: int | None
    crowded: int


def warmth(nodes: Sequence[Node], images: Sequence[str], sizes: Sizes, *, evidence: bool) -> Warmth:
    """Look through all nodes. Without `evidence` nothing is known of any of them."""
    wanted = [mark_of(image) for image in images]
    everything = range(len(images))
    warm = unknown = crowded = 0
    to_load: Counter[tuple[str, int]] = Counter()
    for node in nodes:
        listed = bytes(node.marks or b"") if evidence and node.ready else b""
        left: Sequence[int] = lacking(listed, wanted) if listed else everything
        if not left:
            warm += 1
            continue
        unknown += not is_whole(listed)
        platform = platform_of(node)
        known = sizes.get(platform, ())
        load = 0
        for index in left:
            to_load[platform, index] += 1
            load += (known[index] or 0) if known else 0
        crowded += 0 < node.disk_bytes * LARGE_SHARE < load * UNPACKED
    told = [
        size * count
        for (platform, index), count in to_load.items()
        if platform in sizes and (size := sizes[platform][index]) is not None
    ]
    return Warmth(warm, unknown, sum(told) if told or not to_load else None, crowded)
