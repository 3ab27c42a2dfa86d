"""What Prometheus is told of deliveries."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import Error
from django.db.models import Min, Q
from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from prewarm.clock import database_now
from prewarm.metrics import counter, gauge, histogram
from prewarm.models import Tally
from prewarm.tallies import Metric
from webhooks.models import Delivery, DeliveryStatus, Webhook

DELIVERIES = Metric("ips_webhook_deliveries", "Attempts to deliver, by how they ended.", ("kind", "result"))
DELIVERY_SECONDS = Metric(
    "ips_webhook_delivery_duration_seconds",
    "How long attempts to deliver took.",
    ("kind",),
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
)
ARRIVALS = Metric("ips_registry_events", "Events that registries told, by what was made of them.", ("kind", "outcome"))


class DeliveryCollector(Collector):
    """Asked anew at each scrape; nothing without the database."""

    def collect(self) -> Iterator[Family]:
        try:
            yield from [*_counted(), *_present()]
        except Error:
            return


def _counted() -> Iterator[Family]:
    metrics = (DELIVERIES, DELIVERY_SECONDS, ARRIVALS)
    rows: dict[str, dict[tuple[str, ...], int]] = {metric.name: {} for metric in metrics}
    ours = Q(key__startswith="ips_webhook_") | Q(key__startswith=f"{ARRIVALS.name}|")
    for key, value in Tally.objects.filter(ours).values_list("key", "value"):
        name, *labels = key.split("|")
        rows.setdefault(name, {})[tuple(labels)] = value
    yield counter(DELIVERIES, rows[DELIVERIES.name])
    yield histogram(DELIVERY_SECONDS, rows[DELIVERY_SECONDS.name])
    yield counter(ARRIVALS, rows[ARRIVALS.name])


def _present() -> Iterator[Family]:
    waiting = Delivery.objects.filter(status=DeliveryStatus.PENDING)
    yield gauge("ips_webhook_deliveries_waiting", "Deliveries that wait for a try.", waiting.count())
    disabled = Webhook.objects.filter(enabled=False).exclude(disabled_reason="").count()
    yield gauge("ips_webhooks_disabled", "Webhooks that were disabled because they failed.", disabled)
    if since := waiting.filter(due_at__lte=database_now()).aggregate(Min("due_at"))["due_at__min"]:
        text = "Since when the longest waiting delivery is due."
        yield gauge("ips_webhook_delivery_oldest_due_timestamp_seconds", text, since.timestamp())
