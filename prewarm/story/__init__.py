"""All that the rows know about a task, gathered once: what `manage.py task show` prints."""

from __future__ import annotations

from typing import Any

from prewarm.models import Task
from prewarm.serializers import EventSerializer, TaskDetail
from prewarm.story.attempts import coming_attempts, earlier_failures
from prewarm.story.batches import batch_stories
from prewarm.story.figures import image_figures
from prewarm.waiting import waits_for


def story_of(task: Task) -> dict[str, Any]:
    """The task as the API shows it, and more: batches with their holders, attempts, times and sizes, all events."""
    return {
        **TaskDetail(task).data,
        "waiting": waits_for(task, across_tenants=True),
        "batches": batch_stories(task),
        "coming_attempts": coming_attempts(task),
        "earlier_failures": earlier_failures(task),
        "figures": image_figures(task),
        "events": EventSerializer(task.events.all(), many=True).data,
    }
