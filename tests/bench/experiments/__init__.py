"""What is measured together, because it needs the same stage: one file each. A table has a name like a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.experiments import (
    api,
    big_tasks,
    cancel,
    deliveries,
    first_pod,
    growth,
    makespan,
    order,
    policy_pass,
    real_nodes,
    simulated,
    small_fleet,
    takeover,
    whole_fleet,
)
from tests.bench.figures import Figure, Table


@dataclass(frozen=True)
class Experiment:
    """`measure` takes so many runs of it and yields the figures of these rows, or tables."""

    rows: tuple[str, ...]
    measure: Callable[[int], Iterator[Figure] | Iterator[Table] | Iterator[Figure | Table]]


EXPERIMENTS = (
    Experiment(
        ("makespan_ratio_1000x1_2s_100", "queries_per_node", "api_requests_per_node"),
        makespan.on_mariadb,
    ),
    Experiment(("sqlite_makespan_ratio_1000x1_2s_100",), makespan.on_sqlite),
    Experiment(
        ("fleet_5000_total_s", "fleet_5000_ratio_to_bare", "fleet_5000_default_cap_s"),
        whole_fleet.whole_fleet,
    ),
    Experiment(("first_pod_p50_ms", "first_pod_p95_ms"), first_pod.first_pod),
    Experiment(("cancel_1000_s",), cancel.cancel),
    Experiment(("takeover_s",), takeover.takeover),
    Experiment(
        (
            "preview_5000_ms",
            "refuse_10000x10000_ms",
            "accept_5000x20_ms",
            "worker_rss_5000x20_mb",
            "web_rss_5000x20_mb",
        ),
        big_tasks.big_tasks,
    ),
    Experiment(("fleet_200_total_s", "fleet_200_job_total_s"), small_fleet.small_fleet),
    Experiment(("real2_end_s", "missing_image_s"), real_nodes.real_nodes),
    Experiment(
        (
            "simulated_first_pod_p50_ms",
            "simulated_ratio_100x1_1s_20",
            "simulated_web_rss_mb",
            "simulated_worker_rss_mb",
        ),
        simulated.simulated,
    ),
    Experiment(
        (
            "list_100000_ratio_to_noop",
            "list_100000_p95_ms",
            "list_100000_queries",
            "task_5000x20_ratio_to_noop",
            "task_5000x20_queries",
            "key_ratio_to_jwt",
        ),
        api.api,
    ),
    Experiment(("deliveries_10000_s", "deliveries_dead_ratio"), deliveries.deliveries),
    Experiment(("policy_pass_5000x50_s", "policy_pass_queries"), policy_pass.policy_pass),
    Experiment(("order",), order.order),
    Experiment(("growth",), growth.growth),
)
