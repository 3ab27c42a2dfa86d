"""Which of some images each of some nodes has: the node's own list and our own pulls, weighed by their dates.

1. Nothing is present or absent unless the node is Ready and the table of nodes is fresh.
2. A name in the node's list is present. A name that is not there is absent where the list cannot have been cut.
3. An image that a pull of ours proved is present until the list could have told otherwise and did: a list is so far
   behind as a kubelet takes to look and to tell (IPS_NODE_IMAGES_LAG_SECONDS). A cut list tells it of an image that is
   bigger than the smallest listed.
4. Everything else is unknown, which is not absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from prewarm.evidence import Presence
from prewarm.marks import is_whole, key_of_mark, mark_of, names_cut
from prewarm.models import Node, NodeView, OwnPull

# The columns of a node that this needs; not the long list itself.
COLUMNS = ("name", "uid", "ready", "marks", "smallest_listed", "seen_at")
FEW = 500  # of so many nodes own pulls are asked for by name, of more by image alone


class HowKnown(models.TextChoices):
    NODE_STATUS = "node_status"
    OWN_PULL = "own_pull"


class Why(models.TextChoices):
    """Why an image is absent, or why that is not known."""

    NOT_LISTED = "not_listed", "the node lists all its images, and not this one"
    LOST = "lost", "it was pulled here, and the node does not list it any more"
    LIST_CUT = "list_cut", "the node does not list all its images"
    NOTHING_LISTED = "nothing_listed", "the node lists no images"
    NODE_UNREADY = "node_unready", "the node is not Ready, so what it listed proves nothing"
    VIEW_STALE = "node_view_stale", "the cluster has not been heard from for a while"


class Known(NamedTuple):
    """What is known of one image on one node. Where it is unknown, `as_of` and `how_known` tell of its last trace."""

    presence: Presence
    as_of: datetime | None
    how_known: str = ""
    why: str = ""
    pulled_at: datetime | None = None  # of what was lost: when a pull of ours last proved it


class Pulled(NamedTuple):
    """What an own pull showed."""

    uid: str
    at: datetime
    bytes: int | None


def presence(images: Sequence[str], nodes: Iterable[Node]) -> dict[str, list[Known]]:
    """By node name, in the order of the images: present, absent or unknown, as of when, how known, and why (not).

    `nodes` need no more than COLUMNS. Two statements, and one for the database's time, however many there are.
    Raises InvalidReference.
    """
    return presence_of_marks([mark_of(image) for image in images], nodes)


def presence_of_marks(
    marks: Sequence[bytes], nodes: Iterable[Node], view: NodeView | None = None, now: datetime | None = None
) -> dict[str, list[Known]]:
    """The same of names in short (prewarm.marks); `view` and `now`, the database's time, where one has them."""
    return presence_of_pairs(((node, marks) for node in nodes), view, now)


def presence_of_pairs(
    pairs: Iterable[tuple[Node, Sequence[bytes]]], view: NodeView | None = None, now: datetime | None = None
) -> dict[str, list[Known]]:
    """The same where each node is asked for marks of its own; what is known of each stands in their order."""
    view = view or NodeView.load()
    sight = _Sight(view.fresh(now), view.heard_at)
    found: dict[str, list[Known]] = {}
    open_marks: set[bytes] = set()
    open_nodes: list[tuple[_Told, Sequence[bytes]]] = []
    for node, marks in pairs:
        told = sight.of(node)
        listed = told.listed
        lacking = [mark for mark in marks if mark not in listed]
        if not lacking:
            found[node.name] = [told.present] * len(marks)
            continue
        found[node.name] = [told.present if mark in listed else told.missing for mark in marks]
        open_marks.update(lacking)
        open_nodes.append((told, marks))
    pulls = own_pulls(open_marks, [told.node.name for told, _ in open_nodes])
    if not pulls:
        return found
    numbers = {mark: key_of_mark(mark) for mark in open_marks}
    for told, marks in open_nodes:
        name = told.node.name
        known = found[name]
        for at, mark in enumerate(marks):
            if known[at] is told.missing and (pull := pulls.get((name, numbers[mark]))):
                known[at] = told.weigh(pull)
    return found


def own_pulls(marks: Iterable[bytes], nodes: Sequence[str]) -> Mapping[tuple[str, int], Pulled]:
    """What pulls of ours showed, by node and the mark's number; of other nodes perhaps too."""
    numbers = [key_of_mark(mark) for mark in sorted(marks)]
    if not numbers or not nodes:
        return {}
    rows = OwnPull.objects.filter(image__in=numbers)
    if len(nodes) <= FEW:
        rows = rows.filter(node__in=nodes)
    # Many have one time, that of their settlement: it is read once, which halves the processor time of 100,000 rows.
    moments = _Moments()
    lines = rows.values_list("node", "image", "node_uid", Cast("at", models.TextField()), "bytes")
    return {
        (node, image): Pulled(uid, moments[at], size) for node, image, uid, at, size in lines.iterator(chunk_size=5000)
    }


class _Moments(dict[str, datetime]):
    """Times as the database writes them, in UTC."""

    def __missing__(self, text: str) -> datetime:
        self[text] = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return self[text]


class _Sight:
    """How far the table of nodes can be believed now."""

    def __init__(self, fresh: bool, heard_at: datetime | None) -> None:
        self.fresh, self.heard_at = fresh, heard_at
        self.lag = timedelta(seconds=settings.NODE_IMAGES_LAG_SECONDS)
        self.unheard = timedelta(seconds=2 * settings.NODE_VIEW_STALE_SECONDS)  # no pull is so much newer than the view
        self.here = Known(Presence.PRESENT, heard_at, HowKnown.NODE_STATUS)
        self.absent = Known(Presence.ABSENT, heard_at, HowKnown.NODE_STATUS, Why.NOT_LISTED)
        self.lost = Known(Presence.ABSENT, heard_at, HowKnown.NODE_STATUS, Why.LOST)
        self.unknown = {why: Known(Presence.UNKNOWN, None, "", why) for why in Why}
        self.pulled: dict[datetime, Known] = {}

    def of(self, node: Node) -> _Told:
        return _Told(self, node)

    def pulled_at(self, at: datetime) -> Known:
        if at not in self.pulled:
            self.pulled[at] = Known(Presence.PRESENT, at, HowKnown.OWN_PULL)
        return self.pulled[at]


class _Told:
    """What one node's list says, in short."""

    __slots__ = ("counts", "listed", "missing", "node", "present", "sight", "whole")

    def __init__(self, sight: _Sight, node: Node) -> None:
        self.sight, self.node = sight, node
        self.listed = listed = bytes(node.marks or b"")
        doubt = Why.VIEW_STALE if not sight.fresh else None if node.ready else Why.NODE_UNREADY
        self.counts = not doubt
        self.whole = self.counts and is_whole(listed)
        if doubt:
            self.present = Known(Presence.UNKNOWN, node.seen_at, HowKnown.NODE_STATUS, doubt)
            self.missing = sight.unknown[doubt]
        else:
            self.present = sight.here
            unlisted = Why.LIST_CUT if any(listed[:2]) else Why.NOTHING_LISTED
            self.missing = sight.absent if self.whole else sight.unknown[unlisted]

    def weigh(self, pull: Pulled) -> Known:
        """An image that is not in the list, and that a pull of ours once proved."""
        sight, node = self.sight, self.node
        if pull.uid != node.uid:
            return self.missing  # it was another node of this name
        if not self.counts:
            return self.missing._replace(as_of=pull.at, how_known=HowKnown.OWN_PULL)
        age = sight.heard_at - pull.at if sight.heard_at else timedelta()
        if -age > sight.unheard:
            return self.missing  # written before clocks were set back
        if age >= sight.lag and (self.whole or self.would_be_listed(pull)):
            return sight.lost._replace(pulled_at=pull.at)
        return sight.pulled_at(pull.at)

    def would_be_listed(self, pull: Pulled) -> bool:
        """Whether a list that was cut by size would have it."""
        smallest = self.node.smallest_listed
        return smallest is not None and pull.bytes is not None and pull.bytes > smallest and not names_cut(self.listed)
