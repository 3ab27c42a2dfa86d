"""How a policy's nodes are found: what is not proven to be on each, and why nothing is pulled there now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings

from prewarm.eligibility import DECIDING, skip_reason
from prewarm.marks import is_whole, mark_of
from prewarm.models import Node, Policy, PolicyNode
from prewarm.policies.gaps import Gap, Gaps, Kind, read, write
from prewarm.policies.outcomes import Outcomes
from prewarm.policies.wanted import Wanted
from prewarm.selectors import parse

NOT_OURS = frozenset({"outside_pool", "wrong_os", "node_leaving"})  # such nodes are none of the policy's
SETTLING = "settling"
FAILING = 3  # pulls in a row that failed: that does not mend itself


@dataclass
class Seen:
    """One node as this pass found it."""

    node: Node
    row: PolicyNode
    gaps: dict[bytes, Gap]
    blocked: str
    wanted: int
    changed: bool

    @property
    def open_gaps(self) -> int:
        return sum(not gap.warm for gap in self.gaps.values())


@dataclass
class Found:
    """All nodes of the policy, and how it stands; `next_at` is when something is due by itself, in epoch seconds."""

    seen: list[Seen] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    pairs: int = 0
    warm: int = 0
    missing: int = 0
    unknown: int = 0
    reachable: int = 0  # pairs that are not warm on nodes that can be pulled on
    failing: dict[str, int] = field(default_factory=dict)  # reason → pairs that failed time and again
    next_at: list[int] = field(default_factory=list)


def look(policy: Policy, wish: Wanted, past: Outcomes, now: int) -> Found:
    """Hold every node of the policy against what it wants: two statements, however many nodes."""
    rows = {row.node: row for row in PolicyNode.objects.filter(policy=policy)}
    known = {mark_of(image) for image in policy.wanted}
    found = Found()
    for node in matching(policy):
        skip = skip_reason(
            node, include_cordoned=policy.task.get("include_cordoned", False), pool=policy.tenant.node_pool
        )
        if skip in NOT_OURS:
            continue
        seen = _look_at(policy, node, skip, rows.pop(node.name, None), wish.on(node), known, past, now)
        found.seen.append(seen)
        _count(found, seen)
        if seen.blocked == SETTLING and node.ready_changed_at:
            found.next_at.append(int(node.ready_changed_at.timestamp()) + policy.settle_seconds + 1)
    found.gone = [row.pk for row in rows.values()]
    return found


def matching(policy: Policy) -> list[Node]:
    """The nodes that the policy names or selects, whatever state they are in."""
    light = Node.objects.only(*DECIDING, "labels", "uid", "ready_changed_at")
    if policy.node_names:
        return list(light.in_bulk(policy.node_names).values())
    nodes = list(light)
    if policy.all_nodes:
        return nodes
    selector = parse(policy.node_selector)
    return [node for node in nodes if selector.matches(node.labels)]


def is_ours(node: Node, pool: str) -> bool:
    return skip_reason(node, include_cordoned=True, pool=pool) not in NOT_OURS


def _look_at(
    policy: Policy,
    node: Node,
    skip: str,
    row: PolicyNode | None,
    marks: list[bytes],
    known: set[bytes],
    past: Outcomes,
    now: int,
) -> Seen:
    at = datetime.fromtimestamp(now, tz=UTC)
    fresh = row is None or row.uid != node.uid
    old: Gaps = {} if row is None or fresh else read(row.gaps)
    blocked = skip or (SETTLING if _settles(node, policy.settle_seconds, now) else "")
    if not node.ready:
        first = Gap(now, _kind(fresh, policy, False), sure=False)
        gaps = dict.fromkeys(marks, first) if fresh else {mark: old[mark] for mark in marks if mark in old}
    else:
        listed = bytes(node.marks or b"")
        whole = is_whole(listed)
        gaps = {}
        for mark in marks:
            if mark not in listed:
                kind = _kind(fresh, policy, mark in known, whole)
                gaps[mark] = _gap(old.get(mark), kind, whole, past, (node.name, mark), now)
    is_open = not node.ready or any(not gap.warm for gap in gaps.values())
    if row is None:
        row, changed = PolicyNode(policy=policy, node=node.name, since=at), True
    else:
        changed = fresh or blocked != row.blocked or is_open != row.open or gaps != old
    if changed:
        row.uid, row.blocked, row.open, row.gaps = node.uid, blocked, is_open, write(gaps)
        row.since = at if fresh else row.since
    return Seen(node, row, gaps, blocked, len(marks), changed)


def _kind(fresh: bool, policy: Policy, known: bool, whole: bool = True) -> Kind:
    """How a gap that was none before came about."""
    if policy.checked_at is None or (not known and not fresh):
        return Kind.WANTED
    if fresh:
        return Kind.JOINED
    return Kind.LOST if whole else Kind.UNPROVEN


def _gap(old: Gap | None, kind: Kind, whole: bool, past: Outcomes, pair: tuple[str, bytes], now: int) -> Gap:
    """What is known now of an image that the node does not list; `whole`: its list would show it.

    A pull of ours that succeeded counts until the list could have told of it, or, where the list is cut, for long.
    """
    gap = old or Gap(now, kind, whole)
    ending = past.ended.get(pair)
    if ending and ending.at > gap.judged:
        if not ending.reason:
            gap = gap._replace(why="", tries=0, again=0, pulled=ending.at // 1000, judged=ending.at)
        else:
            pause = settings.POLICY_RETRY_SECONDS * 2 ** min(gap.tries, 20)
            again = now + int(min(pause, settings.POLICY_RETRY_MAX_SECONDS))
            gap = gap._replace(why=ending.reason, tries=gap.tries + 1, again=again, pulled=0, judged=ending.at)
    if gap.pulled:
        believed = settings.POLICY_LIST_LAG_SECONDS if whole else settings.POLICY_PROVE_SECONDS
        if now - gap.pulled < believed:
            return gap
        return Gap(now, Kind.LOST if whole else Kind.UNPROVEN, whole, judged=gap.judged)
    if whole and gap.kind == Kind.UNPROVEN:
        gap = gap._replace(kind=Kind.LOST)
    return gap if gap.sure == whole else gap._replace(sure=whole)


def _settles(node: Node, seconds: int, now: int) -> bool:
    """Whether the node became Ready only just now. A clock ahead of ours keeps nobody waiting for longer than that."""
    if not node.ready or node.ready_changed_at is None:
        return False
    age = now - node.ready_changed_at.timestamp()
    return -seconds < age < seconds


def _count(found: Found, seen: Seen) -> None:
    found.pairs += seen.wanted
    if not seen.node.ready:
        sure = sum(gap.sure and not gap.warm for gap in seen.gaps.values())
        found.missing += sure
        found.unknown += seen.wanted - sure
        return
    if not seen.gaps:
        found.warm += seen.wanted
        return
    not_warm = 0
    for gap in seen.gaps.values():
        if gap.warm:
            continue
        not_warm += 1
        found.missing += gap.sure
        if gap.again:
            found.next_at.append(gap.again)
        if gap.tries >= FAILING and not seen.blocked:
            found.failing[gap.why] = found.failing.get(gap.why, 0) + 1
        found.unknown += not gap.sure
    found.warm += seen.wanted - not_warm
    if not seen.blocked:
        found.reachable += not_warm
