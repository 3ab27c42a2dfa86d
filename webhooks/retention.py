"""Deliveries that are over for long are deleted, and those of webhooks that are gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef

from prewarm.transactions import retried
from webhooks.models import Delivery, DeliveryStatus, Pace, Webhook

AT_ONCE = 500
PACES_KEPT = timedelta(days=1)


def prune(now: datetime) -> int:
    """Delete some, oldest first; how many deliveries went. What waits is never too old."""
    before = now - timedelta(days=settings.KEEP_DELIVERIES_DAYS)
    over = Delivery.objects.exclude(status=DeliveryStatus.PENDING).filter(created_at__lt=before)
    old = list(over.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE])
    hours = now - timedelta(hours=1)  # whoever makes one at the very moment is not disturbed
    orphans = Delivery.objects.filter(~Exists(Webhook.objects.filter(pk=OuterRef("webhook"))), created_at__lt=hours)
    old += list(orphans.values_list("pk", flat=True)[:AT_ONCE])
    if old:
        retried(Delivery.objects.filter(pk__in=old).delete)
    Pace.objects.filter(changed_at__lt=now - PACES_KEPT).delete()
    return len(old)
