"""What is tried more than once: attempts that come, and those that were not enough."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.db.models import Count

from prewarm.models import NodeAttempt, NodeStatus, Task

EXAMPLES = 3


class ComingAttempts(TypedDict):
    """Nodes that wait for the same attempt for the same reason; `first_at` is when the first of them is due."""

    reason: str
    attempt: int
    nodes: int
    first_at: datetime | None
    examples: list[str]


class EarlierFailures(TypedDict):
    """How many attempts were not enough for one reason, and on how many nodes."""

    reason: str
    attempts: int
    nodes: int


def coming_attempts(task: Task) -> list[ComingAttempts]:
    """Soonest first."""
    waiting = task.node_results.filter(status=NodeStatus.PENDING, attempt__gt=1).order_by("not_before", "node")
    found: dict[tuple[str, int], ComingAttempts] = {}
    for row in waiting.defer("images"):
        if row.charged_attempts == 1:
            continue
        fresh = ComingAttempts(
            reason=row.reason, attempt=row.charged_attempts, nodes=0, first_at=row.not_before, examples=[]
        )
        group = found.setdefault((row.reason, row.charged_attempts), fresh)
        group["nodes"] += 1
        if len(group["examples"]) < EXAMPLES:
            group["examples"].append(row.node)
    return list(found.values())


def earlier_failures(task: Task) -> list[EarlierFailures]:
    """Most attempts first."""
    rows = NodeAttempt.objects.filter(node_result__task=task).values("reason")
    counted = rows.annotate(attempts=Count("pk"), nodes=Count("node_result", distinct=True))
    return [
        EarlierFailures(reason=row["reason"], attempts=row["attempts"], nodes=row["nodes"])
        for row in counted.order_by("-attempts", "reason")
    ]
