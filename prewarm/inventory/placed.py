"""Images on nodes, one by one: with the digest and size that the node's own list, or a pull of ours, told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prewarm.evidence import Presence, names_of
from prewarm.inventory.presence import FEW, Known, presence_of_marks
from prewarm.marks import all_in, key_of_mark, mark, mark_from
from prewarm.models import KnownImage, Node, OwnPull
from prewarm.models.inventory import kind_of


@dataclass(frozen=True)
class Told:
    """What is told of an image on a node beside its name."""

    digest: str = ""
    bytes: int | None = None


@dataclass(frozen=True)
class Placed:
    """One image, under one name, on one node."""

    node: str
    name: str
    known: Known
    told: Told = Told()

    @property
    def kind(self) -> str:
        return kind_of(self.name)


def on_nodes(name: str, nodes: Sequence[Node], known: Mapping[str, Known]) -> list[Placed]:
    """One image on some nodes, a page of them: two statements."""
    names = [node.name for node in nodes]
    lists = dict(Node.objects.filter(pk__in=names).values_list("name", "images"))
    pulls = {row.node: row for row in OwnPull.objects.filter(image=key_of_mark(mark(name)), node__in=names)}
    found = []
    for node in nodes:
        told = listed(lists.get(node.name, ())).get(name) or _pulled(pulls.get(node.name), node)
        found.append(Placed(node.name, name, known[node.name], told or Told()))
    return found


def on_node(node: Node) -> list[Placed]:
    """All that one node lists, and what pulls of ours showed to be there, by name. `node` with all its columns."""
    everything = listed(node.images)
    pulls = {row.image: row for row in OwnPull.objects.filter(node=node.name, node_uid=node.uid)}
    names = dict(KnownImage.objects.filter(mark__in=list(pulls)).values_list("mark", "name"))
    told = {key_of_mark(mark(name)): (name, one) for name, one in everything.items()}
    for number, row in pulls.items():
        if number not in told and number in names:
            told[number] = (names[number], _pulled(row, node) or Told())
    by_name = sorted(told.items(), key=lambda entry: entry[1][0])
    known = presence_of_marks([mark_from(number) for number, _ in by_name], [node])[node.name]
    return [Placed(node.name, name, one, of_it) for (_, (name, of_it)), one in zip(by_name, known, strict=True)]


def listed(images: Iterable[list[Any]]) -> dict[str, Told]:
    """By name, what a node's list (Node.images) tells: the digest is of the same repository."""
    found: dict[str, Told] = {}
    for size, names in images:
        digests = dict(name.split("@", 1) for name in names_of(names) if "@" in name)
        for name in names_of(names):
            repository, _, digest = name.partition("@")
            if not digest:
                digest = digests.get(repository.rpartition(":")[0], "")
            found[name] = Told(digest, size or None)
    return found


def _pulled(row: OwnPull | None, node: Node) -> Told | None:
    return Told(row.digest, row.bytes) if row and row.node_uid == node.uid else None


@dataclass(frozen=True)
class Spread:
    """On how many nodes one image is, is not, and may be."""

    image: KnownImage
    nodes: int
    absent: int
    unknown: int


def spread(images: Sequence[KnownImage], nodes: Sequence[Node]) -> list[Spread]:
    """A page of images over all these nodes: two statements."""
    known = presence_of_marks([mark_from(image.mark) for image in images], nodes)
    counts = [dict.fromkeys(Presence, 0) for _ in images]
    for found in known.values():
        for at, one in enumerate(found):
            counts[at][one.presence] += 1
    return [
        Spread(image, count[Presence.PRESENT], count[Presence.ABSENT], count[Presence.UNKNOWN])
        for image, count in zip(images, counts, strict=True)
    ]


def marks_on(nodes: Iterable[Node]) -> set[int]:
    """The marks of all that these nodes list, or that was pulled there."""
    everything = list(nodes)
    found = {key_of_mark(one) for node in everything for one in all_in(bytes(node.marks or b""))}
    for start in range(0, len(everything), FEW):
        names = [node.name for node in everything[start : start + FEW]]
        found.update(OwnPull.objects.filter(node__in=names).values_list("image", flat=True).distinct())
    return found
