"""What a policy says of itself: why a task was made, and how it fares, for people and for webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from prewarm.announce import Event, announce
from prewarm.models import Policy, PolicyState
from prewarm.policies.gaps import Gap, Kind
from prewarm.policies.wanted import Wanted
from prewarm.reasons import label_for
from prewarm.wording import counted, nodes

if TYPE_CHECKING:
    from prewarm.policies.looking import Found

LONGEST_CAUSE = 200


def cause(policy: Policy, wish: Wanted, chosen: Mapping[str, Mapping[bytes, Gap]]) -> str:
    """Why there is a task, like `policy web: 3 nodes lost nginx:1.27`."""
    names = dict(zip(wish.marks, wish.images, strict=True))
    struck: dict[str, tuple[list[str], set[bytes]]] = {}
    for node, gaps in chosen.items():
        for mark, gap in gaps.items():
            where, what = struck.setdefault("again" if gap.tries else gap.kind, ([], set()))
            if not where or where[-1] != node:
                where.append(node)
            what.add(mark)
    parts = []
    for kind in (Kind.JOINED, Kind.LOST, Kind.WANTED, Kind.UNPROVEN, "again"):
        if kind in struck:
            where, what = struck[kind]
            images = names[next(iter(what))] if len(what) == 1 else counted(len(what), "image")
            parts.append(_part(kind, f"node {where[0]}" if len(where) == 1 else nodes(len(where)), images))
    return f"policy {policy.name}: {'; '.join(parts)}"[:LONGEST_CAUSE]


def _part(kind: str, where: str, images: str) -> str:
    match kind:
        case Kind.JOINED:
            return f"{where} joined"
        case Kind.LOST:
            return f"{where} lost {images}"
        case Kind.WANTED:
            return f"{images} wanted on {where}"
        case Kind.UNPROVEN:
            return f"{images} not proven on {where}"
    return f"{images} tried again on {where}"


def failing(pairs: Mapping[str, int]) -> list[str]:
    """What fails time and again, by reason, the most first."""
    return [
        f"{counted(number, 'pull')} failed time and again: {label_for(why)}."
        for why, number in sorted(pairs.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def announce_state(policy: Policy, state: PolicyState, found: Found, problems: list[str], now: datetime) -> None:
    """Let who tells others know that the policy fares otherwise; in the transaction that writes it."""
    if state == PolicyState.COVERED:
        text = f"Policy {policy.name}: all its images are on {nodes(len(found.seen))}."
    elif state == PolicyState.GAP:
        text = f"Policy {policy.name}: {counted(found.reachable, 'image')} to bring back or on to {policy.target}."
    else:
        text = f"Policy {policy.name} cannot keep its images warm: {' '.join(problems)}"
    facts = {
        "id": str(policy.pk),
        "name": policy.name,
        "state": state,
        "problem": " ".join(problems)[:500],
        "nodes": len(found.seen),
        "pairs": found.pairs,
        "warm": found.warm,
        "missing": found.missing,
        "unknown": found.unknown,
    }
    announce(Event(f"policy.{state}", policy.tenant_id, now, str(policy.pk), text[:500], facts))
