"""Webhooks on the stage of the fault tests, and the process that delivers to them."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accounts.models import Tenant
from prewarm.models import Task
from tests.faults.part import Part
from tests.faults.stage import Stage
from webhooks.models import Delivery, DeliveryStatus, Webhook
from webhooks.signing import new_secret

MANAGE = [sys.executable, str(Path(__file__).parents[2] / "manage.py")]
# Short, in the proportions of the defaults: a lease is 22 s.
TIMES = {
    "IPS_OUTBOUND_PRIVATE": "127.0.0.0/8",
    "IPS_DELIVERY_SECONDS": "1",
    "IPS_DELIVERY_WAITS": "0.2,0.2",
    "IPS_WEBHOOK_REST_SECONDS": "0",  # a place that does not answer is tried again at once
}


@contextmanager
def messenger(stage: Stage, name: str = "messenger") -> Iterator[Part]:
    """One process more, which delivers."""
    environment = {**stage.environment, **TIMES}
    part = Part(name, [*MANAGE, "runworker", "deliveries"], environment, stage.logs, says_when_up=b"a worker starts")
    with stage.beside(part):
        yield part


@contextmanager
def listening(*urls: str) -> Iterator[list[Webhook]]:
    """Webhooks of the tenant `default`, which hear of everything; gone afterwards, so that no other test is told."""
    tenant = Tenant.objects.get(slug="default")
    made = [
        Webhook.objects.create(tenant=tenant, name=uuid.uuid4().hex, kind="generic", url=url, secret=new_secret())
        for url in urls
    ]
    try:
        yield made
    finally:
        Webhook.objects.filter(pk__in=[webhook.pk for webhook in made]).delete()


def told_of(webhook: Webhook, *tasks: Task) -> list[str]:
    """The kinds of events that the webhook has deliveries for, one entry for each."""
    rows = Delivery.objects.filter(webhook=webhook, task__in=[task.pk for task in tasks])
    return sorted(rows.values_list("event", flat=True))


def none_waits() -> bool:
    return not Delivery.objects.filter(status=DeliveryStatus.PENDING).exists()
