"""What a node's own list of images proves.

A kubelet lists at most 50 images, the biggest first, so a name in the list proves presence and a missing name usually
proves nothing (kubelet nodeStatusMaxImages; KEP-less, kubernetes#93488).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prewarm import references


def stored_names(listed: Iterable[list[Any]]) -> frozenset[str]:
    """All names under which a node lists its images; `listed` is Node.images."""
    return frozenset(name for _, names in listed for name in names)


def proven_present(images: list[str], listed: Iterable[list[Any]]) -> set[int]:
    """The indexes of those images that the node lists under the very name a workload would use.

    A tag that was pulled by digest is not the tag, so only the normalised reference itself counts.
    """
    names = stored_names(listed)
    return {index for index, image in enumerate(images) if references.parse(image).stored_name in names}
