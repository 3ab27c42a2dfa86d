"""Policies: made and changed through the API; looked at, paused and checked here by the same moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, asked_here
from accounts.audit import By
from ips.problems import Conflict
from prewarm.models import AskedPairs, Policy, PolicyNode
from prewarm.policies import keeping

MOST_AT_ONCE = 100


@admin.register(Policy)
class PolicyAdmin(Browsed):
    list_display = ("name", "tenant", "state", "coverage", "nodes", "missing", "unknown", "paused_at", "checked_at")
    list_filter = ("state", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("id", "name", "tenant__slug")
    search_help_text = "The whole id, or a name or tenant as it begins."
    readonly_fields = ("coverage",)
    ordering = ("name", "id")
    actions = ("pause", "resume", "check_now")

    @admin.display(description="coverage")
    def coverage(self, policy: Policy) -> str:
        return "" if policy.coverage is None else f"{policy.coverage:g} %"

    @admin.action(description="Pause the selected policies", permissions=["view"])
    def pause(self, request: HttpRequest, policies: QuerySet[Policy]) -> None:
        self._move(request, policies, keeping.pause, "paused")

    @admin.action(description="Resume the selected policies", permissions=["view"])
    def resume(self, request: HttpRequest, policies: QuerySet[Policy]) -> None:
        self._move(request, policies, keeping.resume, "resumed")

    @admin.action(description="Check the selected policies now", permissions=["view"])
    def check_now(self, request: HttpRequest, policies: QuerySet[Policy]) -> None:
        self._move(request, policies, keeping.check_now, "looked at in a few seconds")

    def _move(
        self, request: HttpRequest, policies: QuerySet[Policy], move: Callable[[Policy, By], Policy], done: str
    ) -> None:
        moved = 0
        for policy in policies.select_related("tenant")[:MOST_AT_ONCE]:
            try:
                move(policy, asked_here(request))
            except Conflict:
                continue  # it is so already
            moved += 1
        self.message_user(request, f"{moved} {'policy is' if moved == 1 else 'policies are'} {done}.")


@admin.register(PolicyNode)
class PolicyNodeAdmin(Browsed):
    """How a policy's nodes were found by the last pass."""

    list_display: Any = ("policy", "node", "open", "blocked", "since")
    list_select_related = ("policy",)
    search_fields = ("policy",)
    search_help_text = "The whole id of a policy."
    ordering = ("-id",)


@admin.register(AskedPairs)
class AskedPairsAdmin(Browsed):
    """What tasks were asked for that are not every image on every node."""

    list_display: Any = ("task",)
    search_fields = ("task",)
    search_help_text = "The whole id of a task."
    ordering = ("-task",)
