"""On how many nodes each image ended how, kept with the settlements."""

from __future__ import annotations

from collections.abc import Mapping

from prewarm.models import ImageCount, Task
from prewarm.upsert import upsert


def count_images(task: Task, ended: Mapping[tuple[int, str, str], int]) -> None:
    """Add to the counts of a locked task: (image index, outcome, reason) → nodes."""
    if not ended:
        return
    images = {index for index, _, _ in ended}
    rows = {(row.image, row.outcome, row.reason): row for row in ImageCount.objects.filter(task=task, image__in=images)}
    for key, nodes in sorted(ended.items()):
        index, outcome, reason = key
        row = rows.get(key) or ImageCount(task=task, image=index, outcome=outcome, reason=reason)
        row.nodes += nodes
        rows[key] = row
    upsert([rows[key] for key in sorted(ended)], ["nodes"])
