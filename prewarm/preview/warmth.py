"""What all matched nodes have already, and what that leaves to load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prewarm.marks import is_whole, lacking, number_of
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
    numbers = [number_of(image) for image in images]
    everything = frozenset(numbers)
    warm = unknown = crowded = 0
    loads: Counter[tuple[str, frozenset[int]]] = Counter()  # few: most nodes lack the same
    heavy: dict[tuple[str, frozenset[int]], float] = {}
    for node in nodes:
        listed = bytes(node.marks or b"") if evidence and node.ready else b""
        left = lacking(listed, everything) if listed else everything
        if not left:
            warm += 1
            continue
        unknown += not is_whole(listed)
        load = (platform_of(node), left)
        loads[load] += 1
        if load not in heavy:
            known = sizes.get(load[0], ())
            heavy[load] = UNPACKED * sum(size or 0 for size, one in zip(known, numbers, strict=False) if one in left)
        crowded += 0 < node.disk_bytes * LARGE_SHARE < heavy[load]
    told = [
        size * count
        for (platform, left), count in loads.items()
        for size, one in zip(sizes.get(platform, ()), numbers, strict=False)
        if one in left and size is not None
    ]
    return Warmth(warm, unknown, sum(told) if told or not loads else None, crowded)
