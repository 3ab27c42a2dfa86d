"""Which of the missing pairs a policy asks for now, and the task that it asks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from prewarm.models import Policy, Task, Trigger
from prewarm.policies import telling
from prewarm.policies.gaps import Gap, Kind
from prewarm.policies.outcomes import Outcomes
from prewarm.policies.wanted import Wanted
from prewarm.submit import submit
from prewarm.task_request import TaskRequest, permitted

if TYPE_CHECKING:
    from prewarm.policies.looking import Seen

MINUTE = 60
MOST_UNFINISHED = 10  # tasks of one policy; what hangs in one must not keep all others back


@dataclass
class Choice:
    """The pairs by node, and what kept more from being asked for; `asked` is what the last minute has seen."""

    nodes: dict[str, dict[bytes, Gap]] = field(default_factory=dict)
    waits_for: str = ""
    asked: list[tuple[int, int]] = field(default_factory=list)
    next_at: list[int] = field(default_factory=list)
    at: int = 0

    def asked_with(self, nodes: int) -> list[tuple[int, int]]:
        return [*self.asked, (self.at, nodes)] if nodes else self.asked


def choose(policy: Policy, wish: Wanted, past: Outcomes, seen: Sequence[Seen], now: int) -> Choice:
    """What is missing or not known, in no task that is not over, and whose pause is over; the longest waiting first.

    At most as many nodes as the minute has left, and no more pairs than one task may have.
    """
    asked = [(at, nodes) for at, nodes in policy.asked if now - MINUTE < at <= now]
    choice = Choice(asked=asked, at=now)
    wanting: list[tuple[int, int, str, dict[bytes, Gap]]] = []
    for one in seen:
        if one.blocked or not one.gaps:
            continue
        gaps = {
            mark: gap
            for mark, gap in one.gaps.items()
            if _may_be_tried(gap, now) and (one.node.name, mark) not in past.busy
        }
        if gaps:
            first = min(gaps.values(), key=lambda gap: (gap.tries, gap.since))
            wanting.append((first.tries, first.since, one.node.name, gaps))
    if not wanting:
        return choice
    if past.unfinished >= MOST_UNFINISHED:
        choice.waits_for = "earlier_tasks"
        return choice
    room = policy.nodes_per_minute - sum(nodes for _, nodes in asked)
    images: set[bytes] = set()
    wanting.sort(key=lambda entry: entry[:3])
    for _, _, node, gaps in wanting:
        if len(choice.nodes) >= min(room, settings.MAX_NODES):
            choice.waits_for = "rate"
            break
        more = images | gaps.keys()
        if len(more) * (len(choice.nodes) + 1) > settings.MAX_PAIRS:
            choice.waits_for = "task_size"
            break
        images = more
        choice.nodes[node] = gaps
    if choice.waits_for == "rate":
        choice.next_at.append(min((at for at, _ in asked), default=now) + MINUTE + 1)
    elif choice.waits_for:
        choice.next_at.append(now + 1)
    return choice


def _may_be_tried(gap: Gap, now: int) -> bool:
    """Whether it is one, and its pause is over. A longer one than any was written before the clock was set back."""
    return gap.kind != Kind.PULLED and not now < gap.again <= now + settings.POLICY_RETRY_MAX_SECONDS


def ask(policy: Policy, wish: Wanted, choice: Choice) -> Task:
    """Make the task, in the transaction that is open. Raises Problem or ValidationError for what is refused."""
    places = {mark: place for place, mark in enumerate(wish.marks)}
    needed = sorted({places[mark] for gaps in choice.nodes.values() for mark in gaps})
    index = {wish.marks[place]: number for number, place in enumerate(needed)}
    groups: dict[tuple[int, ...], list[str]] = {}
    for node, gaps in choice.nodes.items():
        groups.setdefault(tuple(sorted(index[mark] for mark in gaps)), []).append(node)
    request = TaskRequest(data=_wish(policy, [wish.images[place] for place in needed], list(choice.nodes)))
    request.is_valid(raise_exception=True)
    asked = dict(request.validated_data)
    asked.pop("tenant")
    return submit(
        tenant=policy.tenant,
        user=None,
        actor=f"policy {policy.name}",
        request_id="",
        wish=permitted(asked, policy.tenant, may_be_urgent=False),
        trigger=Trigger.POLICY,
        cause=telling.cause(policy, wish, choice.nodes),
        policy=policy,
        pairs=sorted(groups.items()),
    )


def _wish(policy: Policy, images: list[str], nodes: list[str]) -> Mapping[str, Any]:
    priority = min(policy.priority, policy.tenant.max_priority)
    return {**policy.task, "name": policy.name, "images": images, "node_names": nodes, "priority": priority}
