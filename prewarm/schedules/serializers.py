"""How schedules and their runs look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prewarm.models import Overlap, RunOutcome, Schedule, ScheduleRun, Task, TaskStatus
from prewarm.schedules.cron import InvalidCron, UnknownZone, cron
from prewarm.schedules.form import FormField
from prewarm.schedules.overlap import stopped_by

WAITS_FOR = ("paused", "all_paused", "tenant_paused")


class RunTask(serializers.ModelSerializer[Task]):
    """The task that a run made, and how far it is."""

    status = serializers.ChoiceField(TaskStatus.choices)

    class Meta:
        model = Task
        fields = ("id", "status", "reason", "finished_at", "desired", "succeeded", "failed", "skipped")
        read_only_fields = fields


class RunSerializer(serializers.ModelSerializer[ScheduleRun]):
    """One firing, and what came of it. `asked_by` is empty where the rule fired; `text` says why no task was made."""

    outcome = serializers.ChoiceField(RunOutcome.choices)
    task = RunTask(allow_null=True)

    class Meta:
        model = ScheduleRun
        fields = ("id", "scheduled_for", "fired_at", "asked_by", "outcome", "reason", "text", "missed", "task")
        read_only_fields = fields


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """A schedule, with its next and its last run."""

    tenant = serializers.SlugRelatedField[Schedule]("slug", read_only=True)
    in_words = serializers.SerializerMethodField(help_text="The rule in English.")
    overlap = serializers.ChoiceField(Overlap.choices)
    task = FormField(source="form", read_only=True)
    waits_for = serializers.SerializerMethodField(help_text="Why it does not fire by itself; empty when it does.")
    last_run = RunSerializer(allow_null=True)
    created_by = serializers.SlugRelatedField[Schedule]("username", read_only=True, allow_null=True)

    class Meta:
        model = Schedule
        fields = (
            "id",
            "tenant",
            "name",
            "cron",
            "time_zone",
            "in_words",
            "task",
            "overlap",
            "starting_deadline_seconds",
            "paused_at",
            "paused_by",
            "waits_for",
            "next_at",
            "last_run",
            "created_by",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.CharField)
    def get_in_words(self, schedule: Schedule) -> str:
        try:
            return cron(schedule.cron, schedule.time_zone).in_words()
        except (InvalidCron, UnknownZone) as wrong:
            return str(wrong)

    @extend_schema_field(serializers.ChoiceField(WAITS_FOR, allow_blank=True))
    def get_waits_for(self, schedule: Schedule) -> str:
        return "paused" if schedule.paused_at else stopped_by(schedule)


class RunTimes(serializers.Serializer[Any]):
    """One time at which the rule comes, on three clocks."""

    at = serializers.DateTimeField(help_text="In UTC.")
    local = serializers.CharField(help_text="With the offset that the schedule's zone has then.")
    viewer = serializers.CharField(help_text="With the offset that the viewer's zone has then.")


class RulePreview(serializers.Serializer[Any]):
    """The rule in words, and when it comes next."""

    cron = serializers.CharField()
    time_zone = serializers.CharField()
    viewer_time_zone = serializers.CharField()
    in_words = serializers.CharField()
    shortest_gap_seconds = serializers.IntegerField(help_text="The least time between two runs.")
    runs = RunTimes(many=True)
