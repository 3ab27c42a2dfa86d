"""Tasks, their batches and history, and the lists of images that they are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, asked_here
from ips.problems import Problem
from prewarm import stopping
from prewarm.models import Batch, ImageList, Task, TaskEvent
from prewarm.stopping import Asker, StatusForbids
from prewarm.submit import retry

MOST_AT_ONCE = 100
SHOWN = 3  # refusals by name: messages travel in a cookie
A_TASK = "The whole id of a task."


@admin.register(Task)
class TaskAdmin(Browsed):
    """What was asked for. It is moved like through the API: by the same rules, with the same lines in the audit."""

    list_display = (
        "id",
        "tenant",
        "name",
        "status",
        "reason",
        "priority",
        "trigger",
        "actor",
        "created_at",
        "finished_at",
    )
    list_filter = ("status", "trigger", "tenant", "created_at")
    list_select_related = ("tenant",)
    search_fields = ("id", "name")
    search_help_text = "The whole id of a task, or a name as it begins."
    ordering = ("-created_at",)
    actions = ("cancel", "pause", "resume", "retry")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return super().get_queryset(request).defer("images", "node_names")  # up to 10,000 names in each

    def view_on_site(self, obj: Task) -> str:
        return f"/tasks/{obj.pk}"

    @admin.action(description="Cancel: start nothing more, end what runs", permissions=["view"])
    def cancel(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self._each(request, tasks, "being cancelled", lambda task: stopping.cancel(task, _asker(request)))

    @admin.action(description="Pause: start nothing more for now", permissions=["view"])
    def pause(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self._each(request, tasks, "paused", lambda task: stopping.pause(task, _asker(request)))

    @admin.action(description="Resume", permissions=["view"])
    def resume(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self._each(request, tasks, "going on", lambda task: stopping.resume(task, _asker(request)))

    @admin.action(description="Retry what failed, as a new task", permissions=["view"])
    def retry(self, request: HttpRequest, tasks: QuerySet[Task]) -> None:
        self._each(request, tasks, "tried again", lambda task: retry(task, **_asker(request)._asdict()))

    def _each(self, request: HttpRequest, tasks: QuerySet[Task], done: str, move: Callable[[Task], object]) -> None:
        """Move one after the other, each in a transaction of its own, and say what became of them."""
        chosen = list(tasks.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            text = f"At most {MOST_AT_ONCE} tasks at once: nothing was done. Choose fewer, or pause the intake."
            self.message_user(request, text, messages.ERROR)
            return
        refused = []
        for task in Task.objects.filter(pk__in=chosen).select_related("tenant"):
            try:
                move(task)
            except StatusForbids as forbids:
                refused.append(f"{task}: {forbids.message}")
            except Problem as problem:
                refused.append(f"{task}: {problem.detail}")
        if len(chosen) > len(refused):
            self.message_user(request, f"{len(chosen) - len(refused)} tasks are {done}.")
        if refused:
            self.message_user(request, _in_short(refused), messages.WARNING)


@admin.register(Batch)
class BatchAdmin(Browsed):
    list_display = ("task_id", "number", "status", "due_at", "holder", "lease_until", "token", "lost_claims")
    list_filter = ("status",)
    search_fields = ("task_id", "holder")
    search_help_text = "The whole id of a task, or a worker's name as it begins."


@admin.register(TaskEvent)
class TaskEventAdmin(Browsed):
    list_display = ("at", "task_id", "kind", "text")
    search_fields = ("task_id",)
    search_help_text = A_TASK
    ordering = ("-id",)


@admin.register(ImageList)
class ImageListAdmin(Browsed):
    """Kept by the members of a tenant, on the page *Library* and through the API."""

    list_display = ("name", "tenant", "created_by", "created_at", "changed_at")
    list_filter = ("tenant",)
    list_select_related = ("tenant", "created_by")
    search_fields = ("name", "tenant__slug")


def _asker(request: HttpRequest) -> Asker:
    by = asked_here(request)
    return Asker(by.actor, by.user, by.request_id)


def _in_short(refused: Iterable[Any]) -> str:
    texts = list(refused)
    more = len(texts) - SHOWN
    return " ".join([*texts[:SHOWN], *([f"And {more} more."] if more > 0 else [])])
