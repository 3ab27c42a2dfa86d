"""Cron rules that make tasks, and what became of each of their firings."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Overlap(models.TextChoices):
    """What a firing does while a task of an earlier one is not over."""

    SKIP = "skip"
    ALLOW = "allow"
    QUEUE = "queue"  # wait until that one is over; at most one waits
    REPLACE = "replace"  # cancel that one, and start when it is over


class RunOutcome(models.TextChoices):
    """What became of a firing."""

    MADE = "made"
    QUEUED = "queued"  # its task is made when an earlier one is over
    SKIPPED = "skipped"
    REFUSED = "refused"
    MISSED = "missed"  # nobody was there in time


class Schedule(models.Model):
    """A task form, and when it becomes a task.

    `next_at` and the columns after it are written by who fires, under this row's lock: whoever changes `next_at` by a
    conditional update owns the firing. It is empty while the schedule is paused, or when its rule never comes again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.PROTECT, related_name="schedules")
    name = models.CharField(max_length=100)
    cron = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=64, default="UTC")
    form = models.JSONField(help_text="What the tasks are asked for with, as POST tasks/ takes it.")
    overlap = models.CharField(max_length=7, choices=Overlap, default=Overlap.SKIP)
    starting_deadline_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="How late a task may still be made; empty for however late."
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=160, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    next_at = models.DateTimeField(null=True, db_index=True)
    last_run = models.ForeignKey("prewarm.ScheduleRun", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_schedule_of_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.tenant}"

    @property
    def urgent(self) -> bool:
        return bool(self.form.get("urgent"))


class ScheduleRun(models.Model):
    """One firing: the rule's, or somebody's who pressed *Run now* (`asked_by`). There is one row for each time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    scheduled_for = models.DateTimeField()
    fired_at = models.DateTimeField(help_text="When somebody noticed, in the database's time.")
    asked_by = models.CharField(max_length=160, blank=True)
    outcome = models.CharField(max_length=7, choices=RunOutcome)
    reason = models.CharField(max_length=40, blank=True, help_text="Why no task was made: a code.")
    text = models.CharField(max_length=500, blank=True, help_text="The same in words.")
    missed = models.PositiveIntegerField(default=0, help_text="Times before it at which nobody was there.")
    task = models.ForeignKey("prewarm.Task", on_delete=models.SET_NULL, null=True, related_name="runs")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["schedule", "scheduled_for"], name="one_run_at_a_time")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["outcome", "fired_at"], name="run_by_outcome"),
            models.Index(fields=["-scheduled_for", "-id"], name="run_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.scheduled_for:%Y-%m-%d %H:%M}"
