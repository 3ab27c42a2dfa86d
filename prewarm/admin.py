"""What IPS does, in Django's admin: to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from prewarm.models import Batch, ImageList, Limit, Node, NodeResult, NodeSlot, NodeView, Setting, Task, TaskEvent

if TYPE_CHECKING:  # generic for the type checker only
    Pages = admin.ModelAdmin[Model]
else:
    Pages = admin.ModelAdmin


class ReadOnly(Pages):
    """Rows that only the executor writes: a change by hand would break its rules."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Task)
class TaskAdmin(ReadOnly):
    list_display = ("id", "tenant", "name", "status", "reason", "priority", "actor", "created_at", "finished_at")
    list_filter = ("status", "tenant", "puller")
    list_select_related = ("tenant",)
    search_fields = ("id", "name", "actor")


@admin.register(ImageList)
class ImageListAdmin(ReadOnly):
    list_display = ("name", "tenant", "created_by", "created_at", "changed_at")
    list_filter = ("tenant",)
    list_select_related = ("tenant", "created_by")
    search_fields = ("name", "notes")


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ("task_id", "number", "status", "due_at", "holder", "lease_until", "token", "lost_claims")
    list_filter = ("status",)
    search_fields = ("task__id",)


@admin.register(NodeResult)
class NodeResultAdmin(ReadOnly):
    list_display = ("task_id", "node", "status", "reason", "attempt", "not_before", "started_at", "finished_at")
    list_filter = ("status",)
    search_fields = ("node", "task__id")


@admin.register(NodeSlot)
class NodeSlotAdmin(ReadOnly):
    list_display = ("node", "pull_job", "attempt", "part", "taken_at", "judged_at")
    search_fields = ("node", "pull_job")


@admin.register(TaskEvent)
class TaskEventAdmin(ReadOnly):
    list_display = ("at", "task_id", "kind", "text")
    list_filter = ("kind",)
    search_fields = ("task__id",)


@admin.register(Node)
class NodeAdmin(ReadOnly):
    list_display = ("name", "ready", "unschedulable", "disk_pressure", "os", "arch", "kubelet_version", "seen_at")
    list_filter = ("ready", "unschedulable", "os", "arch")
    search_fields = ("name",)


@admin.register(NodeView)
class NodeViewAdmin(ReadOnly):
    list_display = ("complete_at", "heard_at", "kubernetes_version", "holder", "lease_until")


@admin.register(Limit)
class LimitAdmin(ReadOnly):
    """Caps follow the settings, which /api/v1/settings/ and the settings page change."""

    list_display = ("name", "cap", "used")
    search_fields = ("name",)


@admin.register(Setting)
class SettingAdmin(ReadOnly):
    list_display = ("name", "value", "changed_at", "changed_by")
