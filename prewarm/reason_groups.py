"""Why nodes of a task are not warm: each reason once, however many nodes it struck."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypedDict

from prewarm.image_results import read
from prewarm.models import Message, NodeResult, Task
from prewarm.reasons import hint_for, look_closer

EXAMPLES = 3


class Group(TypedDict):
    """As the API shows it. Of `message`, the one that most nodes had; of `examples`, the first nodes by name."""

    reason: str
    hint: str
    nodes: int
    message: str
    images: list[str]
    examples: list[str]
    look_closer: list[str]


@dataclass
class _Found:
    nodes: int = 0
    messages: Counter[int] = field(default_factory=Counter)
    images: set[int] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)


def reason_groups(task: Task) -> list[Group]:
    """Most nodes first. A node whose images failed for different reasons counts in each of them.

    Includes what will be tried again: a node result keeps the reason of its last attempt until it is warm.
    """
    found: dict[str, _Found] = {}
    rows = NodeResult.objects.filter(task=task).exclude(reason="").order_by("node")
    for node, own, message, stored in rows.values_list("node", "reason", "message_id", "images").iterator(2000):
        messages: dict[str, int | None] = {own: message}
        images: dict[str, set[int]] = {own: set()}
        for image in read(stored):
            if image.reason and not image.warm:
                images.setdefault(image.reason, set()).add(image.index)
                messages[image.reason] = messages.get(image.reason) or image.message_id
        for reason, indexes in images.items():
            group = found.setdefault(reason, _Found())
            group.nodes += 1
            group.images |= indexes
            if len(group.examples) < EXAMPLES:
                group.examples.append(node)
            if said := messages.get(reason):
                group.messages[said] += 1
    common = {reason: group.messages.most_common(1)[0][0] for reason, group in found.items() if group.messages}
    texts = dict(Message.objects.filter(pk__in=common.values()).values_list("pk", "text"))
    return [
        Group(
            reason=reason,
            hint=hint_for(reason),
            nodes=group.nodes,
            message=texts.get(common.get(reason, 0), ""),
            images=[task.images[index] for index in sorted(group.images)],
            examples=group.examples,
            look_closer=look_closer(reason),
        )
        for reason, group in sorted(found.items(), key=lambda entry: (-entry[1].nodes, entry[0]))
    ]
