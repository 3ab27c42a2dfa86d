"""The rows of `make bench`: names, units and goals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`goal` is the most that it may be; None where a figure is only printed."""

    name: str
    unit: str
    goal: float | None
    what: str


ALL = (
    Row("makespan_ratio_1000x1_2s_100", "×", 1.15, "1,000 nodes, pulls of 2 s, 100 at once: makespan ÷ ideal 20 s"),
    Row("api_requests_per_node", "", 2.2, "requests to the API server, all verbs without the watch"),
    Row("queries_per_node", "", None, "database statements ÷ nodes"),
    Row("sqlite_makespan_ratio_1000x1_2s_100", "×", 1.25, "the first row on SQLite"),
    Row("fleet_5000_total_s", "s", 60, "5,000 nodes, 500 at once, pulls of 0 s: POST → terminal"),
    Row("fleet_5000_ratio_to_bare", "×", 2.5, "the same ÷ bare creation of 5,000 pods"),
    Row("fleet_5000_default_cap_s", "s", None, "the same with the default write caps (50 creates a second)"),
    Row("first_pod_p50_ms", "ms", 300, "POST → first pod, idle, median"),
    Row("first_pod_p95_ms", "ms", 1000, "POST → first pod, idle, 95th percentile"),
    Row("cancel_1000_s", "s", 10, "cancel with 500 live pods → nothing left in the cluster"),
    Row("takeover_s", "s", 30, "kill -9 of the worker → its work goes on, 95th percentile of 20, default times"),
    Row("worker_rss_5000x20_mb", "MB", 200, "most memory of the worker, 5,000 nodes × 20 images"),
    Row("web_rss_5000x20_mb", "MB", 200, "most memory of the web process, 5,000 nodes × 20 images"),
    Row("accept_5000x20_ms", "ms", 100, "POST of 5,000 nodes × 20 images → 202"),
    Row("refuse_10000x10000_ms", "ms", 200, "POST of 10,000 nodes × 10,000 images → 422"),
    Row("preview_5000_ms", "ms", 300, "preview over 5,000 nodes × 20 images"),
    Row("fleet_200_total_s", "s", 2.5, "200 nodes, pods done 0.2 s after binding: POST → terminal"),
    Row(
        "fleet_200_job_total_s",
        "s",
        None,
        "the same by the puller `job`",
    ),
    Row("real2_end_s", "s", 3.2, "two real nodes, 5 + 50 + 200 MB cold, no helper: POST → succeeded"),
    Row("missing_image_s", "s", 3, "one missing image of three on two real nodes: POST → its reason is readable"),
    Row("list_100000_ratio_to_noop", "×", 5, "a page of 100,000 tasks ÷ a request that only looks at the credential"),
    Row("list_100000_p95_ms", "ms", None, "that page, 95th percentile"),
    Row("list_100000_queries", "", 8, "database statements of that page"),
    Row("task_5000x20_ratio_to_noop", "×", 5, "a task of 5,000 nodes × 20 images ÷ the same request"),
    Row("task_5000x20_queries", "", 8, "database statements of that task"),
    Row("key_ratio_to_jwt", "×", 1.3, "the page of one tenant with a warm API key ÷ with a session's token"),
    Row("policy_pass_5000x50_s", "s", 2, "a pass of a policy over 5,000 nodes × 50 images"),
    Row("policy_pass_queries", "", 60, "database statements of that pass"),
    Row("simulated_first_pod_p50_ms", "ms", 300, "POST → first pod on the simulated cluster, SQLite"),
    Row("simulated_ratio_100x1_1s_20", "×", 1.3, "100 simulated nodes, pulls of 1 s, 20 at once: makespan ÷ ideal 5 s"),
    Row("simulated_web_rss_mb", "MB", 150, "memory of the web process after that"),
    Row("simulated_worker_rss_mb", "MB", 150, "memory of the worker after that"),
    Row("deliveries_10000_s", "s", None, "10,000 deliveries to 50 receivers, one dead: first → last of the others"),
    Row("deliveries_dead_ratio", "×", 1.2, "the same ÷ without the dead one"),
)
ROWS = {row.name: row for row in ALL}
