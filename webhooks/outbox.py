"""The outbox: what a webhook wants to hear becomes a row in the transaction of what it tells, or neither is there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from accounts.models import Tenant
from ips.problems import FieldError, Invalid
from prewarm.announce import Event
from prewarm.crash_points import crash_point
from webhooks.doorbell import ring_deliveries
from webhooks.events import is_bad
from webhooks.models import Delivery, Webhook

_ASKED = ("events", "only_failures", "named_only", "schedules")


class Outbox:
    """Hears of everything that happens; costs one indexed question, and a statement more where somebody wants it."""

    def hear(self, event: Event) -> None:
        its = Q(tenant_id=event.tenant_id) | Q(tenant=None)
        hooks = Webhook.objects.filter(its, enabled=True).only("id", *_ASKED)
        rows = [row_of(hook, event) for hook in hooks if wants(hook, event)]
        if rows:
            Delivery.objects.bulk_create(rows)
            crash_point("deliveries_written")
            transaction.on_commit(_ring)

    def check(self, named: Sequence[uuid.UUID], tenant: Tenant) -> None:
        there = set(Webhook.objects.filter(tenant=tenant, pk__in=named).values_list("pk", flat=True))
        detail = "This tenant has no such webhook."
        missing: list[FieldError] = [
            {"pointer": f"webhooks/{at}", "code": "not_found", "detail": detail}
            for at, pk in enumerate(named)
            if pk not in there
        ]
        if missing:
            raise Invalid(missing)


def _ring() -> None:
    crash_point("deliveries_committed")
    ring_deliveries()


def wants(hook: Webhook, event: Event) -> bool:
    """Whether the webhook is for this event, by all but its selector, which takes a look at nodes.

    Who names it in a task means it whatever schedules it is for; its kinds of events still hold.
    """
    if (hook.events and event.kind not in hook.events) or (hook.only_failures and not is_bad(event.kind)):
        return False
    if str(hook.pk) in event.named:
        return True
    if hook.named_only:
        return False
    return not hook.schedules or str(event.schedule) in hook.schedules


def row_of(hook: Webhook, event: Event) -> Delivery:
    """What is to be told, due at once."""
    named = str(hook.pk) in event.named
    return Delivery(
        webhook=hook,
        of_tenant_id=event.tenant_id,
        event=event.kind,
        about=event.about,
        task=event.task,
        at=event.at,
        text=event.text[:500],
        facts={**event.facts, **({"named": True} if named else {})},
        due_at=event.at,
        created_at=event.at,
    )
