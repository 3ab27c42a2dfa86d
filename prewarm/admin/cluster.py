"""The cluster as IPS sees it, and what it holds there right now."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed
from prewarm.models import Installation, Node, NodeSlot, NodeView


@admin.register(Node)
class NodeAdmin(Browsed):
    list_display = ("name", "ready", "unschedulable", "disk_pressure", "os", "arch", "kubelet_version", "seen_at")
    list_filter = ("ready", "unschedulable", "disk_pressure", "os", "arch")
    search_fields = ("name",)
    ordering = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Node]:
        return super().get_queryset(request).defer("images", "marks")


@admin.register(NodeView)
class NodeViewAdmin(Browsed):
    list_display = ("complete_at", "heard_at", "kubernetes_version", "holder", "lease_until")


@admin.register(NodeSlot)
class NodeSlotAdmin(Browsed):
    """Pull jobs that are there, or on their way."""

    list_display = ("node", "pull_job", "attempt", "part", "taken_at", "judged_at")
    search_fields = ("node", "pull_job")
    ordering = ("node",)


@admin.register(Installation)
class InstallationAdmin(Browsed):
    list_display = ("uuid", "cluster_uid")
