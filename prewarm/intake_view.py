"""Whether pulls may start now, as the API tells it to everyone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.permissions import Rights
from prewarm.clock import database_now
from prewarm.intake import intake
from prewarm.models import FINISHED, NodeSlot, Task

# For everybody; a tenant may wait for its own windows too.
WAITS_FOR = ("intake_paused", "window")


class IntakeSerializer(serializers.Serializer[Any]):
    """Whether pulls may start now; if not, why (intake_paused, window), since when and until when, if known."""

    waits_for = serializers.ChoiceField(WAITS_FOR, allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    opens_at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(allow_blank=True, help_text="Who decided so; empty when the environment did.")
    reason = serializers.CharField(allow_blank=True)


class IntakeForUserSerializer(IntakeSerializer):
    """The same, with what still goes on of the tasks that this user may see."""

    running_pull_jobs = serializers.IntegerField()
    unfinished_tasks = serializers.IntegerField()


def intake_for(rights: Rights) -> dict[str, Any]:
    """While pulls may start, nothing is counted: then nobody asks."""
    now = intake(database_now())
    told = {"waits_for": now.waits_for, "since": now.since, "opens_at": now.opens_at, "by": now.by}
    running = unfinished = 0
    if now.waits_for:
        tenants = rights.tenants().values("pk")
        running = NodeSlot.objects.filter(tenant_id__in=tenants, judged_at=None).count()
        unfinished = Task.objects.filter(tenant__in=tenants).exclude(status__in=FINISHED).count()
    return {**told, "reason": now.reason, "running_pull_jobs": running, "unfinished_tasks": unfinished}
