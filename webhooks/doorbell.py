"""Rings for whoever delivers. Nobody needs to hear it: the next tick rings for what is due."""

from __future__ import annotations

from django.conf import settings

from prewarm.doorbell import ring

DELIVER = "webhooks.work.deliver"


def ring_deliveries() -> None:
    ring(settings.QUEUE_DELIVERIES, DELIVER)
