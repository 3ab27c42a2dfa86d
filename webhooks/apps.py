"""Telling others what happened, webhooks and their deliveries; and hearing of registries what was pushed."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from prewarm import announce, worker
        from webhooks import work
        from webhooks.inbound import upkeep
        from webhooks.outbox import Outbox

        announce.listen(Outbox())
        announce.at_each_tick(work.look_after)
        announce.at_each_tick(upkeep.look_after)
        worker.ends_with(settings.QUEUE_DELIVERIES, work.stop)
