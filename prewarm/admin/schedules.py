"""Schedules and what became of their firings."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, asked_here
from ips.problems import Problem
from prewarm.models import Schedule, ScheduleRun
from prewarm.schedules import keeping

MOST_AT_ONCE = 100


@admin.register(Schedule)
class ScheduleAdmin(Browsed):
    """Made and changed through the API, where rules and forms are checked; moved here by the same rules."""

    list_display = ("name", "tenant", "cron", "time_zone", "overlap", "paused_at", "next_at", "last_run")
    list_filter = ("overlap", "tenant")
    list_select_related = ("tenant", "last_run")
    search_fields = ("id", "name", "tenant__slug")
    search_help_text = "The whole id, or a name or tenant as it begins."
    ordering = ("name", "id")
    actions = ("pause", "resume", "run_now")

    @admin.action(description="Pause: fire no more", permissions=["view"])
    def pause(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        by = asked_here(request)
        self._each(request, schedules, "are paused", lambda one: keeping.pause_schedule(one, by))

    @admin.action(description="Resume, from the next time on", permissions=["view"])
    def resume(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        by = asked_here(request)
        self._each(request, schedules, "fire again", lambda one: keeping.resume_schedule(one, by))

    @admin.action(description="Run now", permissions=["view"])
    def run_now(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        by = asked_here(request)

        def run(one: Schedule) -> ScheduleRun:
            return keeping.run_now(one, by, may_be_urgent=True)

        self._each(request, schedules, "have a new run, which says what came of it", run)

    def _each(
        self, request: HttpRequest, schedules: QuerySet[Schedule], done: str, move: Callable[[Schedule], object]
    ) -> None:
        """Move one after the other, each in a transaction of its own."""
        chosen = list(schedules.select_related("tenant")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            text = f"At most {MOST_AT_ONCE} schedules at once: nothing was done. Choose fewer."
            self.message_user(request, text, messages.ERROR)
            return
        refused = []
        for one in chosen:
            try:
                move(one)
            except Problem as problem:
                refused.append(f"{one}: {problem.detail}")
        if len(chosen) > len(refused):
            self.message_user(request, f"{len(chosen) - len(refused)} schedules {done}.")
        if refused:
            self.message_user(request, " ".join(refused[:3]), messages.WARNING)


@admin.register(ScheduleRun)
class ScheduleRunAdmin(Browsed):
    list_display = ("scheduled_for", "schedule", "outcome", "reason", "missed", "asked_by", "task_id", "fired_at")
    list_filter = ("outcome",)
    list_select_related = ("schedule__tenant",)
    search_fields = ("schedule_id", "task_id")
    search_help_text = "The whole id of a schedule or a task."
    ordering = ("-scheduled_for", "-id")
