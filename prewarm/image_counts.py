"""On how many nodes each image ended how, kept with the settlements."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F

from prewarm.models import ImageCount, Task


def count_images(task: Task, ended: Mapping[tuple[int, str, str], int]) -> None:
    """Add to the counts of a locked task: (image index, outcome, reason) → nodes."""
    for (index, outcome, reason), nodes in sorted(ended.items()):
        row = ImageCount.objects.filter(task=task, image=index, outcome=outcome, reason=reason)
        if not row.update(nodes=F("nodes") + nodes):
            ImageCount.objects.create(task=task, image=index, outcome=outcome, reason=reason, nodes=nodes)
