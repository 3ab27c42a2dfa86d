"""What is over for long is deleted: finished tasks with all their rows, and the audit, after the days that are set."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import AuditEntry
from prewarm import live_settings
from prewarm.models import Task
from prewarm.transactions import retried

TASKS, ENTRIES = 5, 1000  # at a time: no transaction is long


def prune(now: datetime) -> int:
    """Delete some of what is too old, oldest first; how many rows of tasks and audit went."""
    live = live_settings.load()
    tasks_before = now - timedelta(days=live.keep_tasks_days)
    audit_before = now - timedelta(days=live.keep_audit_days)
    wanted = Task.objects.filter(retry_of__isnull=False, planned_at=None).values("retry_of")  # to plan retries by
    finished = Task.objects.filter(finished_at__lt=tasks_before).exclude(pk__in=wanted).order_by("finished_at")
    old = list(finished.values_list("pk", flat=True)[:TASKS])
    for pk in old:
        retried(Task.objects.filter(pk=pk).delete)
    entries = list(AuditEntry.objects.filter(at__lt=audit_before).order_by("pk").values_list("pk", flat=True)[:ENTRIES])
    AuditEntry.objects.filter(pk__in=entries).delete()
    return len(old) + len(entries)
