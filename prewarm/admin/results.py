"""What happened on the nodes. Found by task: there may be tens of millions of rows, and every index begins with it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, begins
from prewarm.admin.tasks import A_TASK
from prewarm.models import ImageCount, Message, NodeAttempt, NodeResult


@admin.register(NodeResult)
class NodeResultAdmin(Browsed):
    list_display = ("task_id", "node", "status", "reason", "attempt", "not_before", "started_at", "finished_at")
    search_fields = ("task_id",)
    search_help_text = "The whole id of a task, and then, if wanted, a node's name as it begins."
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeResult]:
        return super().get_queryset(request).defer("images")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return ("status",) if request.GET.get("q") else ()  # of all tasks together it would read every row

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        task, _, node = search_term.strip().partition(" ")
        found, duplicates = super().get_search_results(request, queryset, task)
        wanted = begins(NodeResult, "node", node.strip())
        return (found.filter(wanted) if node and wanted else found), duplicates


@admin.register(NodeAttempt)
class NodeAttemptAdmin(Browsed):
    """Earlier attempts, and why they were not enough."""

    list_display = ("node_result_id", "attempt", "reason", "ended_at")
    search_fields = ("node_result__task_id",)
    search_help_text = A_TASK
    ordering = ("-id",)


@admin.register(ImageCount)
class ImageCountAdmin(Browsed):
    list_display = ("task_id", "image", "outcome", "reason", "nodes")
    search_fields = ("task_id",)
    search_help_text = A_TASK
    ordering = ("-id",)


@admin.register(Message)
class MessageAdmin(Browsed):
    """What runtimes said, once per task."""

    list_display = ("task_id", "text")
    search_fields = ("task_id",)
    search_help_text = A_TASK
    ordering = ("-id",)
