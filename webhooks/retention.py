"""Deliveries that are over for long are deleted, and those of webhooks that are gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from ips import retention
from ips.retention import Retained
from webhooks.models import Delivery, DeliveryStatus, Pace, Webhook

AT_ONCE = 500
PACES_KEPT = timedelta(days=1)


def _over(now: datetime) -> QuerySet[Delivery]:
    """What waits is never too old."""
    before = now - timedelta(days=settings.KEEP_DELIVERIES_DAYS)
    return Delivery.objects.exclude(status=DeliveryStatus.PENDING).filter(created_at__lt=before).order_by("created_at")


def _orphans(now: datetime) -> QuerySet[Delivery]:
    """Whoever makes one at the very moment is not disturbed."""
    there = Webhook.objects.filter(pk=OuterRef("webhook"))
    return Delivery.objects.filter(~Exists(there), created_at__lt=now - timedelta(hours=1))


def _paces(now: datetime) -> QuerySet[Pace]:
    return Pace.objects.filter(changed_at__lt=now - PACES_KEPT)


KINDS = (
    Retained("deliveries", _over, at_once=AT_ONCE),
    Retained("deliveries of webhooks that are gone", _orphans, at_once=AT_ONCE),
    Retained("paces", _paces),
)


def prune(now: datetime) -> int:
    """Delete some of what is too old; how many rows, without those that hang on them."""
    return retention.prune(KINDS, now)
