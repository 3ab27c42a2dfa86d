"""What Prometheus is told of tasks, pulls, nodes and limits: rows that grew with what they count, and what is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db import Error
from django.db.models import Count, Min
from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from ips.version import version
from prewarm.claims import due
from prewarm.clock import database_now
from prewarm.live_settings import intake
from prewarm.models import Limit, Node, NodeView, Policy, PolicyState, Tally, Task, TaskStatus
from prewarm.tallies import METRICS, MOST_REGISTRIES, Metric

HOST = "host:"
MOST_POLICIES = 50


class DatabaseCollector(Collector):
    """Asked anew at each scrape. Without the database there is only `ips_database_up 0`: nothing is made up."""

    def collect(self) -> Iterator[Family]:
        build = GaugeMetricFamily("ips_build_info", "Always 1; the version is the label.", labels=["version"])
        build.add_metric([version()], 1)
        yield build
        try:
            told = [*counted(), *present()]
        except Error:
            told = []
        yield gauge("ips_database_up", "1 when the database answers.", bool(told))
        yield from told


def counted() -> Iterator[Family]:
    """Everything in METRICS, also what never happened yet where it has no labels."""
    rows: dict[str, dict[tuple[str, ...], int]] = {metric.name: {} for metric in METRICS}
    for key, value in Tally.objects.values_list("key", "value"):
        name, *labels = key.split("|")
        if name in rows:
            rows[name][tuple(labels)] = value
    for metric in METRICS:
        yield histogram(metric, rows[metric.name]) if metric.buckets else counter(metric, rows[metric.name])


def counter(metric: Metric, rows: Mapping[tuple[str, ...], int]) -> Family:
    family = CounterMetricFamily(metric.name, metric.text, labels=metric.labels)
    for labels, value in sorted(rows.items() if rows or metric.labels else [((), 0)]):
        family.add_metric(labels, value)
    return family


def histogram(metric: Metric, rows: Mapping[tuple[str, ...], int]) -> Family:
    """Rows are of single buckets, and Prometheus wants each to include those below."""
    family = HistogramMetricFamily(metric.name, metric.text, labels=metric.labels)
    for labels in sorted({labels[:-1] for labels in rows}):
        upto, buckets = 0, []
        for edge in (*map(str, metric.buckets), "+Inf"):
            upto += rows.get((*labels, edge), 0)
            buckets.append((edge, upto))
        family.add_metric(labels, buckets, rows.get((*labels, "sum"), 0) / 1000)
    return family


def present() -> Iterator[Family]:
    """Gauges: how things stand now."""
    now = database_now()
    tasks = GaugeMetricFamily("ips_tasks", "Tasks that are kept, by status.", labels=["status"])
    by_status = dict(Task.objects.order_by().values_list("status").annotate(Count("pk")))
    for status in TaskStatus.values:
        tasks.add_metric([status], by_status.get(status, 0))
    yield tasks
    yield from limits()
    nodes = GaugeMetricFamily("ips_nodes", "Nodes of the cluster, by what the API server says.", labels=["state"])
    for state, number in sorted(node_states().items()):
        nodes.add_metric([state], number)
    yield nodes
    if heard := NodeView.load().heard_at:
        yield gauge("ips_nodes_heard_timestamp_seconds", "When the API server last told of nodes.", heard.timestamp())
    if since := due(now).aggregate(Min("due_at"))["due_at__min"]:
        text = "Since when the longest waiting batch is due that no worker holds."
        yield gauge("ips_batch_oldest_due_timestamp_seconds", text, since.timestamp())
    yield from policies()
    yield gauge("ips_intake_open", "0 while the intake is paused or no window is open.", not intake(now).waits_for)


def limits() -> Iterator[Family]:
    """The cluster's and those of registries; tenants could be any number."""
    used = GaugeMetricFamily("ips_pulls_in_flight", "Pull jobs right now, by what limits them.", labels=["limit"])
    cap = GaugeMetricFamily("ips_pulls_cap", "How many there may be at once.", labels=["limit"])
    hosts = Limit.objects.filter(name__startswith=HOST).order_by("-used", "name")[:MOST_REGISTRIES]
    for row in [*Limit.objects.filter(name="cluster"), *hosts]:
        used.add_metric([row.name], row.used)
        cap.add_metric([row.name], row.cap)
    yield from (used, cap)


def policies() -> Iterator[Family]:
    """All by state, and the coverage of each of those that miss most; there could be any number."""
    states = GaugeMetricFamily("ips_policies", "Policies, by how they fare.", labels=["state"])
    kinds = dict(Policy.objects.filter(paused_at=None).order_by().values_list("state").annotate(Count("pk")))
    for state in PolicyState.values:
        states.add_metric([state], kinds.get(state, 0))
    states.add_metric(["paused"], Policy.objects.filter(paused_at__isnull=False).count())
    yield states
    text = "Share of a policy's images on nodes that are there, of those policies that miss most."
    coverage = GaugeMetricFamily("ips_policy_coverage_ratio", text, labels=["tenant", "policy"])
    rows = Policy.objects.filter(checked_at__isnull=False, paused_at=None).order_by("-missing", "-unknown", "name")
    for tenant, name, warm, pairs in rows.values_list("tenant__slug", "name", "warm", "pairs")[:MOST_POLICIES]:
        coverage.add_metric([tenant, name], warm / pairs if pairs else 1.0)
    yield coverage
    if oldest := rows.aggregate(Min("checked_at"))["checked_at__min"]:
        text = "When the policy was looked at that was not for the longest."
        yield gauge("ips_policy_oldest_check_timestamp_seconds", text, oldest.timestamp())


def node_states() -> dict[str, int]:
    states = {"ready": 0, "not_ready": 0, "cordoned": 0}
    kinds = Node.objects.order_by().values_list("ready", "unschedulable").annotate(Count("pk"))
    for ready, unschedulable, number in kinds:
        states["not_ready" if not ready else "cordoned" if unschedulable else "ready"] += number
    return states


def gauge(name: str, text: str, value: float) -> Family:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family
