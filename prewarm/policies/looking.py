"""How a policy's nodes are found: what is not proven to be on each, and why nothing is pulled there now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings

from prewarm.eligibility import DECIDING, skip_reason
from prewarm.evidence import Presence
from prewarm.inventory.presence import COLUMNS, HowKnown, Known, presence_of_pairs
from prewarm.marks import mark_of
from prewarm.models import Node, NodeView, Policy, PolicyNode
from prewarm.policies.gaps import Gap, Gaps, Kind, read, write
from prewarm.policies.outcomes import Ending, Outcomes
from prewarm.policies.wanted import Wanted
from prewarm.selectors import parse

NOT_OURS = frozenset({"outside_pool", "wrong_os", "node_leaving"})  # such nodes are none of the policy's
SETTLING = "settling"
FAILING = 3  # pulls in a row that failed: that does not mend itself


@dataclass
class Seen:
    """One node as this pass found it. Gaps that are `worn` are there, by a pull that is to be proven anew."""

    node: Node
    row: PolicyNode
    gaps: dict[bytes, Gap]
    worn: frozenset[bytes]
    blocked: str
    wanted: int
    changed: bool


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


def look(policy: Policy, wish: Wanted, past: Outcomes, view: NodeView, now: datetime) -> Found:
    """Hold every node of the policy against what it wants: three statements, however many nodes.

    What each has is decided where everybody else asks too (prewarm.inventory.presence), so that all are told the same.
    """
    rows = {row.node: row for row in PolicyNode.objects.filter(policy=policy)}
    include_cordoned, pool = policy.task.get("include_cordoned", False), policy.tenant.node_pool
    ours: list[tuple[Node, str, list[bytes]]] = []
    for node in matching(policy):
        skip = skip_reason(node, include_cordoned=include_cordoned, pool=pool)
        if skip not in NOT_OURS:
            ours.append((node, skip, wish.on(node)))
    there = presence_of_pairs(((node, marks) for node, _, marks in ours if node.ready), view, now)
    looker = _Looker(policy, past, now)
    found = Found()
    for node, skip, marks in ours:
        seen = looker.look_at(node, skip, rows.pop(node.name, None), marks, there.get(node.name))
        found.seen.append(seen)
        _count(found, seen)
        if seen.blocked == SETTLING and node.ready_changed_at:
            found.next_at.append(int(node.ready_changed_at.timestamp()) + policy.settle_seconds + 1)
    found.gone = [row.pk for row in rows.values()]
    return found


def matching(policy: Policy) -> list[Node]:
    """The nodes that the policy names or selects, whatever state they are in."""
    light = Node.objects.only(*{*DECIDING, *COLUMNS, "labels", "ready_changed_at"})
    if policy.node_names:
        return list(light.in_bulk(policy.node_names).values())
    nodes = list(light)
    if policy.all_nodes:
        return nodes
    selector = parse(policy.node_selector)
    return [node for node in nodes if selector.matches(node.labels)]


def is_ours(node: Node, pool: str) -> bool:
    return skip_reason(node, include_cordoned=True, pool=pool) not in NOT_OURS


class _Looker:
    """What one pass holds each of its nodes against."""

    def __init__(self, policy: Policy, past: Outcomes, now: datetime) -> None:
        self.policy, self.past = policy, past
        self.now = int(now.timestamp())
        self.at = datetime.fromtimestamp(self.now, tz=UTC)
        self.known = {mark_of(image) for image in policy.wanted}
        self.proven_for = timedelta(seconds=settings.POLICY_PROVE_SECONDS)

    def look_at(
        self, node: Node, skip: str, row: PolicyNode | None, marks: list[bytes], there: list[Known] | None
    ) -> Seen:
        """`there` is what is known of each mark; None while the node is not Ready, when what was open stays so."""
        fresh = row is None or row.uid != node.uid
        old: Gaps = {} if row is None or fresh else read(row.gaps)
        blocked = skip or (SETTLING if _settles(node, self.policy.settle_seconds, self.now) else "")
        if there is not None:
            gaps = {
                mark: self._gap(node.name, mark, known, fresh, old.get(mark))
                for mark, known in zip(marks, there, strict=True)
                if not (_is_there(known) and known.how_known == HowKnown.NODE_STATUS)
            }
        elif fresh:
            gaps = dict.fromkeys(marks, Gap(self.now, self._kind(fresh, False, False), sure=False))
        else:
            gaps = {mark: old[mark] for mark in marks if mark in old}
        worn = frozenset(
            mark
            for mark, known in zip(marks, there or (), strict=False)
            if mark in gaps and _is_there(known) and not gaps[mark].tries
        )
        is_open = there is None or len(gaps) > len(worn)
        if row is None:
            row, changed = PolicyNode(policy=self.policy, node=node.name, since=self.at), True
        else:
            changed = fresh or blocked != row.blocked or is_open != row.open or gaps != old
        if changed:
            row.uid, row.blocked, row.open, row.gaps = node.uid, blocked, is_open, write(gaps)
            row.since = self.at if fresh else row.since
        return Seen(node, row, gaps, worn, blocked, len(marks), changed)

    def _kind(self, fresh: bool, before: bool, sure: bool) -> Kind:
        """How a gap that was none before came about; `before`: the image was wanted at the last pass."""
        if self.policy.checked_at is None or (not before and not fresh):
            return Kind.WANTED
        if fresh:
            return Kind.JOINED
        return Kind.LOST if sure else Kind.UNPROVEN

    def _gap(self, node: str, mark: bytes, known: Known, fresh: bool, old: Gap | None) -> Gap:
        """What is known now of an image that the node does not list.

        One that is gone soon after a pull of ours is brought back at the next recheck and not at once: a full disk
        would take it again.
        """
        if _is_there(known) and known.as_of:
            return self._pulled(node, mark, known.as_of, fresh, old)
        sure = known.presence is Presence.ABSENT
        if old and old.kind == Kind.PULLED:
            old = Gap(self.now, Kind.LOST if sure else Kind.UNPROVEN, sure, judged=old.judged)
        gap = old or Gap(self.now, self._kind(fresh, mark in self.known, sure), sure)
        if not fresh and (ending := self.past.ended.get((node, mark))) and self._is_news(ending, gap):
            gap = self._ended(gap, ending, sure)
        if sure and gap.kind == Kind.UNPROVEN:
            gap = gap._replace(kind=Kind.LOST)
        if known.pulled_at:
            rested = int(known.pulled_at.timestamp()) + self.policy.recheck_seconds
            if self.now + self.policy.recheck_seconds >= rested > max(self.now, gap.again):
                gap = gap._replace(again=rested)
        return gap if gap.sure == sure else gap._replace(sure=sure)

    def _pulled(self, node: str, mark: bytes, at: datetime, fresh: bool, old: Gap | None) -> Gap:
        """There by a pull of ours. It is proven anew after a time, and as soon as a list does not show it any more.

        A pull that fails then is counted as any other.
        """
        proof = int(at.timestamp() * 1000)
        if old is None:
            checked_at = self.policy.checked_at
            was_listed = not fresh and mark in self.known and checked_at is not None and at < checked_at
            return Gap(self.now, Kind.UNPROVEN if was_listed else Kind.PULLED, sure=False, judged=proof)
        if proof > old.judged or old.judged > self.now * 1000 + 1000:
            return Gap(self.now, Kind.PULLED, sure=False, judged=proof)
        if old.kind == Kind.PULLED and self.at - at >= self.proven_for:
            return Gap(self.now, Kind.UNPROVEN, sure=False, judged=old.judged)
        ending = self.past.ended.get((node, mark))
        return self._ended(old, ending, sure=False) if ending and ending.reason and self._is_news(ending, old) else old

    def _is_news(self, ending: Ending, gap: Gap) -> bool:
        """Whether it is not counted yet. What was judged later than now was, before clocks were set back."""
        return ending.at > gap.judged or gap.judged > self.now * 1000 + 1000

    def _ended(self, gap: Gap, ending: Ending, sure: bool) -> Gap:
        if not ending.reason:  # it was there meanwhile
            return Gap(self.now, Kind.LOST if sure else Kind.UNPROVEN, sure, judged=ending.at)
        if not ending.tried:
            again = self.now + int(settings.POLICY_RETRY_SECONDS)
            return gap._replace(why=ending.reason, again=again, judged=ending.at)
        pause = settings.POLICY_RETRY_SECONDS * 2 ** min(gap.tries, 20)
        again = self.now + int(min(pause, settings.POLICY_RETRY_MAX_SECONDS))
        return gap._replace(why=ending.reason, tries=gap.tries + 1, again=again, judged=ending.at)


def _is_there(known: Known) -> bool:
    return known.presence is Presence.PRESENT


def _settles(node: Node, seconds: int, now: int) -> bool:
    """Whether the node became Ready only just now. A clock ahead of ours keeps nobody waiting for longer than that."""
    if not node.ready or node.ready_changed_at is None:
        return False
    age = now - node.ready_changed_at.timestamp()
    return -seconds < age < seconds


def _count(found: Found, seen: Seen) -> None:
    found.pairs += seen.wanted
    if not seen.node.ready:
        found.unknown += seen.wanted
        return
    lacking = [gap for mark, gap in seen.gaps.items() if mark not in seen.worn]
    sure = sum(gap.sure for gap in lacking)
    found.missing += sure
    found.unknown += len(lacking) - sure
    found.warm += seen.wanted - len(lacking)
    if not seen.blocked:
        found.reachable += len(lacking)
    for gap in seen.gaps.values():
        if gap.again:
            found.next_at.append(gap.again)
        if gap.tries >= FAILING and not seen.blocked:
            found.failing[gap.why] = found.failing.get(gap.why, 0) + 1
