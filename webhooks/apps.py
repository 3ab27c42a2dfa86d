"""Telling others what happened: webhooks and their deliveries."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from prewarm import announce, worker
        from webhooks import work
        from webhooks.outbox import Outbox

        announce.listen(Outbox())
        announce.at_each_tick(work.look_after)
        worker.ends_with(settings.QUEUE_DELIVERIES, work.stop)
