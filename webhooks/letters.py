"""What is said of an event: made once, before the first attempt, and the same at every further one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from prewarm import selectors
from prewarm.models import Node, NodeResult, Task
from prewarm.reason_groups import Group, reason_groups
from prewarm.reasons import label_for
from webhooks.models import Delivery, Webhook

MOST_BYTES = 20_000
MOST_GROUPS, LONGEST_MESSAGE = 20, 300
ENDS = frozenset({"task.partial", "task.failed", "task.cancelled", "task.stopped"})


@dataclass(frozen=True)
class Letter:
    """One delivery's body, read again."""

    id: str
    text: str
    event: str
    body: dict[str, Any]

    @classmethod
    def of(cls, delivery: Delivery) -> Letter:
        return cls(str(delivery.pk), delivery.body, delivery.event, json.loads(delivery.body))

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.body["data"]
        return data


def compose(delivery: Delivery, sequence: int) -> str:
    """The body: what happened, how it stands, and why it failed where. At most 20,000 bytes."""
    task = Task.objects.filter(pk=delivery.task).first() if delivery.task else None
    groups = reason_groups(task) if task and delivery.event in ENDS else []
    shown = [_told(group) for group in groups[:MOST_GROUPS]]
    tenant = delivery.tenant.slug if delivery.tenant else ""
    while True:
        text = _written(delivery, tenant, sequence, shown, len(groups))
        if len(text.encode()) <= MOST_BYTES or not shown:
            return text
        shown.pop()


def link_to(delivery: Delivery) -> str:
    """Where people see it; empty while nobody has said where IPS is (IPS_PUBLIC_URL)."""
    what = delivery.event.partition(".")[0]
    places = {"task": "tasks", "schedule": "schedules", "policy": "policies"}
    if not settings.PUBLIC_URL or what not in places:
        return settings.PUBLIC_URL
    return f"{settings.PUBLIC_URL}/{places[what]}/{delivery.about}"


def is_for(webhook: Webhook, delivery: Delivery) -> bool:
    """Whether the webhook's selector, if it has one, matches a node that the task is about."""
    if not webhook.selector or delivery.task is None or delivery.facts.get("named"):
        return True
    task = Task.objects.select_related("tenant").filter(pk=delivery.task).first()
    if task is None:
        return True  # nobody can tell any more: rather one message too many
    wanted = selectors.parse(webhook.selector)
    nodes = Node.objects.all()
    if task.planned_at:
        nodes = nodes.filter(name__in=NodeResult.objects.filter(task=task).values("node"))
    elif task.node_names:
        nodes = nodes.filter(name__in=task.node_names)
    asked = selectors.parse(task.node_selector) if task.node_selector and not task.planned_at else None
    labels = nodes.values_list("labels", flat=True).iterator()
    return any(wanted.matches(one) and (asked is None or asked.matches(one)) for one in labels)


def _written(delivery: Delivery, tenant: str, sequence: int, shown: list[dict[str, Any]], groups: int) -> str:
    what = delivery.event.partition(".")[0]
    facts = {name: value for name, value in delivery.facts.items() if name != "named"}
    data: dict[str, Any] = {"tenant": tenant, "text": delivery.text, "link": link_to(delivery), what: facts}
    if delivery.event in ENDS:
        data |= {"failures": shown, "more_failures": groups - len(shown)}
    body = {"type": delivery.event, "timestamp": delivery.at.isoformat(), "sequence": sequence, "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _told(group: Group) -> dict[str, Any]:
    return {
        "reason": group["reason"],
        "label": label_for(group["reason"]),
        "hint": group["hint"],
        "nodes": group["nodes"],
        "examples": group["examples"],
        "images": [image[:200] for image in group["images"][:3]],
        "message": group["message"][:LONGEST_MESSAGE],
    }
