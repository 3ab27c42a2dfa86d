"""What is counted for Prometheus: rows that grow in the transaction of what they count.

So they never run backwards, and are right whichever processes were killed: what was rolled back was not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from prewarm.models import Tally, Task
from prewarm.references import registry_hosts

MOST_REGISTRIES = 50
OTHER = "other"  # the label of every registry beyond those


@dataclass(frozen=True)
class Metric:
    """A counter, or with `buckets` (seconds) a histogram, whose rows then hold milliseconds."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


PULLS = Metric("ips_pulls", "Images that ended on a node, by how.", ("result", "reason", "registry"))
PULLED_BYTES = Metric("ips_pulled_bytes", "Bytes that kubelets told to have pulled.", ("registry",))
PULL_SECONDS = Metric(
    "ips_pull_duration_seconds",
    "How long pulls took, as kubelets told.",
    ("registry",),
    (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0),
)
TASKS_FINISHED = Metric("ips_tasks_finished", "Tasks that ended, by how and by what made them.", ("result", "trigger"))
TASK_SECONDS = Metric(
    "ips_task_duration_seconds",
    "From a task's first pull, or its making, to its end.",
    (),
    (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14400.0),
)
TAKEOVERS = Metric("ips_lease_takeovers", "Batches that were taken over from workers that died.")
WATCH_RESTARTS = Metric("ips_watch_restarts", "How often following pods or nodes was broken off.", ("watch",))
SCHEDULE_RUNS = Metric("ips_schedule_runs", "Firings of schedules, by what came of them.", ("outcome",))
METRICS = (
    PULLS,
    PULLED_BYTES,
    PULL_SECONDS,
    TASKS_FINISHED,
    TASK_SECONDS,
    TAKEOVERS,
    WATCH_RESTARTS,
    SCHEDULE_RUNS,
)

_registries: set[str] = set()


class Growth(Counter[str]):
    """What one transaction adds, by key. `save` is its last statement: these rows are locked last, in one order."""

    def add(self, metric: Metric, *labels: str, by: int = 1) -> None:
        self["|".join((metric.name, *labels))] += by

    def observe(self, metric: Metric, *labels: str, milliseconds: int) -> None:
        """One more in its bucket (the last is for all beyond), and in the sum."""
        fits = next((str(edge) for edge in metric.buckets if milliseconds <= edge * 1000), "+Inf")
        self.add(metric, *labels, fits)
        self.add(metric, *labels, "sum", by=milliseconds)

    def save(self) -> None:
        rows = [word for key, by in sorted(self.items()) if by for word in (key, by)]
        if not rows:
            return
        table, key, value = map(connection.ops.quote_name, (Tally._meta.db_table, "key", "value"))
        grow = (
            f"ON DUPLICATE KEY UPDATE {value} = {value} + VALUES({value})"
            if connection.vendor == "mysql"
            else f"ON CONFLICT ({key}) DO UPDATE SET {value} = {table}.{value} + excluded.{value}"
        )
        places = ", ".join(["(%s, %s)"] * (len(rows) // 2))
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} ({key}, {value}) VALUES {places} {grow}", rows)


def count(metric: Metric, *labels: str, by: int = 1) -> None:
    """Add to one counter, as the transaction's last statement."""
    growth = Growth()
    growth.add(metric, *labels, by=by)
    growth.save()


def registry_label(image: str) -> str:
    """The image's registry host; one of at most about fifty, as whoever may ask for images could name any number."""
    host = _host(image)
    if host in _registries:
        return host
    if len(_registries) < MOST_REGISTRIES:
        _registries.update(registries())
    if host not in _registries and len(_registries) >= MOST_REGISTRIES:
        return OTHER
    _registries.add(host)
    return host


@lru_cache(10_000)
def _host(image: str) -> str:
    return registry_hosts([image])[0]


def registries() -> set[str]:
    """Those that were counted by name so far."""
    keys = Tally.objects.filter(key__startswith=f"{PULLS.name}|").values_list("key", flat=True)
    return {key.rpartition("|")[2] for key in keys} - {OTHER}


def count_ended(growth: Growth, task: Task, ended: Iterable[tuple[tuple[int, str, str], int]]) -> None:
    """Add images of a task that ended: ((index, outcome, reason), nodes)."""
    for (index, outcome, reason), nodes in ended:
        growth.add(PULLS, outcome, reason, registry_label(task.images[index]), by=nodes)


def count_finished(task: Task) -> None:
    """Add a task that ended, as the last statement of the transaction that ends it."""
    growth = Growth()
    growth.add(TASKS_FINISHED, task.status, task.trigger)
    if task.finished_at:
        took = task.finished_at - (task.started_at or task.created_at)
        growth.observe(TASK_SECONDS, milliseconds=max(0, round(took.total_seconds() * 1000)))
    growth.save()
