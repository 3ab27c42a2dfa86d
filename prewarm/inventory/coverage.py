"""May I roll this out? On how many of the nodes that it may land on the images are, and which lack them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prewarm.clock import database_now
from prewarm.evidence import Presence
from prewarm.inventory.presence import COLUMNS, Known, Why, presence_of_marks
from prewarm.marks import mark_of
from prewarm.models import NodeView
from prewarm.models.inventory import kind_of
from prewarm.node_pools import Pools, nodes_in
from prewarm.references import parse

SHOWN = 20
MOST_IMAGES = 50


@dataclass
class Share:
    """Nodes that are ready, that lack something, and of which it is not known; unknown is not ready."""

    ready: int = 0
    missing: int = 0
    unknown: int = 0

    @property
    def nodes(self) -> int:
        return self.ready + self.missing + self.unknown

    @property
    def percent(self) -> float:
        """With one decimal, rounded down: 100 means all. Of no nodes 0: what lands nowhere is not rolled out."""
        return self.ready * 1000 // self.nodes / 10 if self.nodes else 0.0

    def reaches(self, least: float) -> bool:
        return bool(self.nodes) and self.ready * 100 >= least * self.nodes

    def count(self, found: Presence) -> None:
        if found is Presence.PRESENT:
            self.ready += 1
        elif found is Presence.ABSENT:
            self.missing += 1
        else:
            self.unknown += 1


@dataclass(frozen=True)
class NotReady:
    """A node that lacks an image, or may lack it."""

    node: str
    known: Known

    @property
    def text(self) -> str:
        """Why, in words."""
        return str(Why(self.known.why).label)


@dataclass
class ImageShare(Share):
    """Of one image under the very name that was asked for: a tag is not the digest that it stands for somewhere."""

    image: str = ""
    missing_nodes: list[NotReady] = field(default_factory=list)
    unknown_nodes: list[NotReady] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name under which nodes list it."""
        return parse(self.image).stored_name

    @property
    def kind(self) -> str:
        return kind_of(self.name)

    def add(self, node: str, known: Known) -> None:
        """The first nodes are named."""
        self.count(known.presence)
        if known.presence is Presence.PRESENT:
            return
        named = self.missing_nodes if known.presence is Presence.ABSENT else self.unknown_nodes
        if len(named) < SHOWN:
            named.append(NotReady(node, known))


@dataclass
class Coverage(Share):
    """Of all images together: a node is ready with every one of them, and lacks something if it lacks one."""

    images: list[ImageShare] = field(default_factory=list)
    selector: str = ""
    fresh: bool = False
    as_of: datetime | None = None


def coverage(images: Sequence[str], selector: str, pools: Pools) -> Coverage:
    """Look at the nodes in these pools that match the selector, or all. As many statements, however many there are.

    Raises Invalid (422) for a selector and InvalidReference for an image that cannot be read.
    """
    marks = [mark_of(image) for image in images]
    nodes = nodes_in(pools, selector, COLUMNS)
    view = NodeView.load()
    now = database_now()
    found = Coverage(selector=selector, fresh=view.fresh(now), as_of=view.heard_at)
    found.images = [ImageShare(image=image) for image in images]
    for node, known in presence_of_marks(marks, nodes, view, now).items():
        for share, one in zip(found.images, known, strict=True):
            share.add(node, one)
        lacking = [one.presence for one in known if one.presence is not Presence.PRESENT]
        worst = Presence.ABSENT if Presence.ABSENT in lacking else Presence.UNKNOWN
        found.count(worst if lacking else Presence.PRESENT)
    return found
