"""Which images a policy wants, and on which nodes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import Tenant
from prewarm.marks import mark_of
from prewarm.models import ImageList, Node
from prewarm.policies.placement import fits
from prewarm.tenant_rules import refusal
from prewarm.wording import counted, listed


@dataclass
class Wanted:
    """`images` in order, each once; where `placements` has an image, it is wanted only where one of those fits.

    `problems` say in words what is left out, and why.
    """

    images: list[str] = field(default_factory=list)
    placements: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.marks = [mark_of(image) for image in self.images]
        self._kinds = list({_key(one): one for many in self.placements.values() for one in many}.values())
        at = {_key(one): place for place, one in enumerate(self._kinds)}
        self._needed = [
            frozenset(at[_key(one)] for one in self.placements[image]) if image in self.placements else None
            for image in self.images
        ]
        self._seen: dict[tuple[bool, ...], list[bytes]] = {}

    def on(self, node: Node) -> list[bytes]:
        """The marks of what is wanted on this node."""
        if not self._kinds:
            return self.marks
        found = tuple(fits(placement, node) for placement in self._kinds)
        if found not in self._seen:
            here = {place for place, fit in enumerate(found) if fit}
            pairs = zip(self.marks, self._needed, strict=True)
            self._seen[found] = [mark for mark, needed in pairs if needed is None or needed & here]
        return self._seen[found]


def wanted(
    tenant: Tenant,
    *,
    images: Sequence[str],
    image_lists: Sequence[str],
    followed: Mapping[str, Any] | None,
) -> Wanted:
    """What is fixed, then the library's lists as they are now, then what the followed workloads need.

    What the tenant may not pull is left out, and said; so is what goes beyond the images of one task.
    """
    problems: list[str] = []
    fixed = list(images)
    if image_lists:
        found = ImageList.objects.filter(tenant=tenant).in_bulk([uuid.UUID(one) for one in image_lists])
        fixed += [image for one in found.values() for image in one.images]
        if gone := len(image_lists) - len(found):
            problems.append(f"{counted(gone, 'image list')} that it names {'is' if gone == 1 else 'are'} deleted.")
    named = {mark_of(image): image for image in reversed(fixed)}  # one spelling of each, the first
    placements: dict[str, list[Mapping[str, Any]]] = {}
    if followed:
        problems += followed["problems"]
        everywhere = set(named)
        for workload in followed["workloads"]:
            for image in workload["images"]:
                if (mark := mark_of(image)) not in everywhere:
                    placements.setdefault(named.setdefault(mark, image), []).append(workload["placement"])
    fixed = [image for image in dict.fromkeys(fixed) if named[mark_of(image)] == image]
    everything = [*fixed, *sorted(placements)]
    allowed: list[str] = []
    refused: list[str] = []
    for image in everything:
        (refused if refusal(image, tenant) else allowed).append(image)
    if refused:
        problems.append(f"The tenant may not pull {listed(refused)}.")
    if len(allowed) > settings.MAX_IMAGES:
        problems.append(f"These are {len(allowed):,} images; {settings.MAX_IMAGES} are possible, the rest is left out.")
        allowed = allowed[: settings.MAX_IMAGES]
    left = set(allowed)
    return Wanted(allowed, {image: many for image, many in placements.items() if image in left}, problems)


def _key(placement: Mapping[str, Any]) -> str:
    return json.dumps(placement, sort_keys=True)
