"""Webhooks for tests, and a worker that serves them here and now."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from accounts.models import Tenant
from prewarm import history
from prewarm.announce import Event
from prewarm.models import Task, TaskStatus
from tests.prewarm.rows import asked
from webhooks import claims
from webhooks.models import Delivery, DeliveryStatus, Webhook, WebhookKind
from webhooks.outbox import row_of
from webhooks.rounds import serve
from webhooks.signing import new_secret

OK = b'{"errcode": 0, "errmsg": "ok"}'


def hook(
    url: str = "https://hear.example/hook", kind: str = "generic", tenant: str = "default", **values: Any
) -> Webhook:
    team, _ = Tenant.objects.get_or_create(slug=tenant, defaults={"name": tenant})
    if kind == WebhookKind.GENERIC:
        values.setdefault("secret", new_secret())
    values.setdefault("name", uuid.uuid4().hex)
    return Webhook.objects.create(tenant=team, kind=kind, url=url, **values)


def told(webhook: Webhook, kind: str = "task.failed", **facts: Any) -> Delivery:
    """Something happens that this webhook is told of; its delivery."""
    text, shown = "The task failed: all 2 nodes failed.", {"title": "web-nightly", **facts}
    delivery = row_of(webhook, Event(kind, webhook.tenant_id, timezone.now(), "a-task", text, shown))
    delivery.save(force_insert=True)
    return delivery


def ended(status: TaskStatus, webhooks: Sequence[Webhook] = ()) -> Task:
    """A task that ends like this, as settlements end it."""
    task = asked(webhooks=[str(one.pk) for one in webhooks])
    Task.objects.filter(pk=task.pk).update(status=status, desired=2, failed=2, finished_at=timezone.now())
    task.refresh_from_db()
    history.tell_finished(task, timezone.now())
    return task


def work() -> None:
    """Serve whatever is due, until nothing is."""
    while found := claims.claim_due("a worker", 10):
        for claim in found:
            serve(claim, lambda: False)


def make_due(**which: Any) -> None:
    """Time passes: what waits for its next try is due."""
    Webhook.objects.update(rests_until=None)
    Delivery.objects.filter(status=DeliveryStatus.PENDING, **which).update(due_at=timezone.now())
