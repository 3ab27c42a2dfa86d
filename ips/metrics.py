"""`/metrics` for Prometheus: what the process counts, and what the queues and the database say when asked.

One web process with threads per replica, so the plain registry is complete (no multiprocess directory).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class QueueCollector(Collector):
    """Jobs waiting in each RQ queue. Read by key: RQ's own counters also clean up, which is not a reader's work."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("ips_redis_up", "1 when Redis answers.")
        depth = GaugeMetricFamily("ips_queue_jobs", "Jobs that wait in a queue.", labels=["queue"])
        try:
            with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
                for queue in settings.RQ_QUEUES:
                    depth.add_metric([queue], float(client.execute_command("LLEN", f"rq:queue:{queue}")))
        except redis.RedisError:
            up.add_metric([], 0)
            yield up
        else:
            up.add_metric([], 1)
            yield up
            yield depth


QUEUES = CollectorRegistry()
QUEUES.register(QueueCollector())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything in Prometheus' text format. With `IPS_METRICS_TOKEN` set, only for who bears it."""
    if settings.METRICS_TOKEN:
        offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(offered.encode(), settings.METRICS_TOKEN.encode()):
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(QUEUES), content_type=CONTENT_TYPE_LATEST)
