"""`/metrics` for Prometheus: what the process counts, and what the queues and the database say when asked.

One web process with threads per replica, so the plain registry is complete (no multiprocess directory).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ips.redis_briefly import redis_briefly
from prewarm.metrics import DatabaseCollector
from webhooks.metrics import DeliveryCollector


class QueueCollector(Collector):
    """Jobs waiting in each RQ queue, and since when. By key: RQ's own counters also clean up, not a reader's work."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("ips_redis_up", "1 when Redis answers.")
        depth = GaugeMetricFamily("ips_queue_jobs", "Jobs that wait in a queue.", labels=["queue"])
        oldest = GaugeMetricFamily(
            "ips_queue_oldest_job_timestamp_seconds", "When the first job in a queue was put there.", labels=["queue"]
        )
        try:
            with redis_briefly() as client:
                for queue in settings.RQ_QUEUES:
                    depth.add_metric([queue], float(client.execute_command("LLEN", f"rq:queue:{queue}")))
                    if first := client.execute_command("LINDEX", f"rq:queue:{queue}", 0):
                        since = client.execute_command("HGET", b"rq:job:" + first, "created_at")
                        if since:
                            oldest.add_metric([queue], datetime.fromisoformat(since.decode()).timestamp())
        except redis.RedisError:
            up.add_metric([], 0)
            yield up
        else:
            up.add_metric([], 1)
            yield up
            yield depth
            yield oldest


WHEN_ASKED = CollectorRegistry()
WHEN_ASKED.register(QueueCollector())
WHEN_ASKED.register(DatabaseCollector())
WHEN_ASKED.register(DeliveryCollector())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything in Prometheus' text format. With `IPS_METRICS_TOKEN` set, only for who bears it."""
    if settings.METRICS_TOKEN:
        offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(offered.encode(), settings.METRICS_TOKEN.encode()):
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(WHEN_ASKED), content_type=CONTENT_TYPE_LATEST)


class MetricsPortMiddleware:
    """With `IPS_METRICS_ADDRESS` set, `/metrics` is there and nothing else is; the other port has all but it.

    Scrapers name pods by address, so nothing there depends on the host's name.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.METRICS_ADDRESS:
            return self.get_response(request)
        there = request.META["SERVER_PORT"] == settings.METRICS_ADDRESS.rpartition(":")[2]
        if there != (request.path == "/metrics"):
            return HttpResponse("Metrics have a port of their own.\n", status=404, content_type="text/plain")
        return metrics(request) if there else self.get_response(request)
