"""Tasks that only workers of a newer version understand: in an update these leave them alone, and say so once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import F

from prewarm import history
from prewarm.claims import due
from prewarm.models import SPEC_VERSION, Task
from prewarm.transactions import retried

log = logging.getLogger(__name__)

WAITS_FOR = "newer_version"
NEWEST = 32_767


def tell(now: datetime) -> None:
    """Let each that nobody has taken up for a while say what it waits for.

    Nothing else of it is written: its other columns may mean more by now.
    """
    since = now - timedelta(seconds=settings.UNCLAIMED_SECONDS)
    waiting = due(since, NEWEST).filter(task__spec_version__gt=SPEC_VERSION)
    for pk in Task.objects.filter(pk__in=waiting.values("task")).values_list("pk", flat=True):
        log.warning("a task waits for workers of a newer version", extra={"task": str(pk), "ours": SPEC_VERSION})
        retried(partial(_tell, Task(pk=pk), now))


def _tell(task: Task, now: datetime) -> None:
    row = Task.objects.filter(pk=task.pk, finished_at=None).exclude(waiting_reason=WAITS_FOR)
    if row.update(change=F("change") + 1, waiting_reason=WAITS_FOR, waiting_since=now):
        task.refresh_from_db(fields=["change"])
        history.tell_newer_version(task, now)
