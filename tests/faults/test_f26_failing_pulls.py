"""F26: pulls fail in every way. Each cause has its reason; what cannot pass is not tried again."""

from __future__ import annotations

import random

from prewarm.models import NodeResult
from tests.faults.api_stage import ApiStage

# how the registry fails, the reason, and how many attempts of two that takes
FAILURES = {
    "missing": ("image_not_found", 1),
    "denied": ("unauthorized", 1),
    "platform": ("wrong_platform", 1),
    "tls": ("tls_error", 1),
    "nospace": ("disk_full", 2),
    "timeout": ("registry_unreachable", 2),
    "ratelimit": ("rate_limited", 2),
    "unavailable": ("registry_unreachable", 2),
}


def test_f26_each_failure_has_its_reason_and_only_those_that_may_pass_are_tried_again(
    api: ApiStage, chance: random.Random
) -> None:
    nodes = chance.sample(api.nodes, len(FAILURES) + 2)
    tasks = {
        mode: api.ask(images=[api.image(mode)], node_names=[node], max_attempts=2, retry_backoff_seconds=0)
        for mode, node in zip([*FAILURES, "flaky", "fine"], nodes, strict=True)
    }
    api.end_of(*tasks.values())

    found = {mode: ended(api, task.pk) for mode, task in tasks.items()}
    assert found.pop("fine") == ("", 1)
    assert found.pop("flaky") == ("", 2)
    assert found == FAILURES


def ended(api: ApiStage, task: object) -> tuple[str, int]:
    """The reason and the attempts of a task's one node; a failure also shows the runtime's words and a hint."""
    shown = api.http.get(f"tasks/{task}/nodes/").raise_for_status().json()["results"][0]
    assert (shown["status"] == "succeeded") is not bool(shown["message"] and shown["hint"])
    row = NodeResult.objects.get(task=task)
    return row.reason, row.attempt
