"""What registries tell. Hooks are made and changed through the API, where their credentials are shown once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, asked_here
from webhooks.inbound.keeping import change_hook
from webhooks.models import Arrival, Gathering, HookRule, RegistryHook

MOST_AT_ONCE = 100


@admin.register(RegistryHook)
class RegistryHookAdmin(Browsed):
    list_display = ("name", "tenant", "kind", "registry", "enabled", "heard_at")
    list_filter = ("kind", "enabled", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("id", "name", "tenant__slug")
    search_help_text = "The whole id, or a name or tenant as it begins."
    exclude = ("token_hash", "old_token_hash", "secret_hash", "old_secret_hash")
    ordering = ("name", "id")
    actions = ("enable", "disable")

    @admin.action(description="Enable the selected hooks", permissions=["view"])
    def enable(self, request: HttpRequest, hooks: QuerySet[RegistryHook]) -> None:
        self._set(request, hooks, enabled=True)

    @admin.action(description="Disable the selected hooks", permissions=["view"])
    def disable(self, request: HttpRequest, hooks: QuerySet[RegistryHook]) -> None:
        self._set(request, hooks, enabled=False)

    def _set(self, request: HttpRequest, hooks: QuerySet[RegistryHook], *, enabled: bool) -> None:
        chosen = list(hooks.exclude(enabled=enabled)[:MOST_AT_ONCE])
        for hook in chosen:
            change_hook(hook, asked_here(request), {"enabled": enabled})
        self.message_user(request, f"{len(chosen)} hooks {'enabled' if enabled else 'disabled'}.")


@admin.register(HookRule)
class HookRuleAdmin(Browsed):
    list_display = ("hook", "name", "repositories", "tags", "debounce_seconds", "pin", "enabled")
    list_filter = ("enabled", "pin")
    list_select_related = ("hook", "hook__tenant")
    search_fields = ("id", "hook")
    search_help_text = "The whole id of a rule or a hook."
    ordering = ("hook", "position", "id")


@admin.register(Arrival)
class ArrivalAdmin(Browsed):
    list_display: Any = ("at", "hook", "outcome", "reason", "times", "image", "message")
    list_select_related = ("hook", "hook__tenant")
    exclude = ("event",)
    search_fields = ("hook",)
    search_help_text = "The whole id of a hook."
    ordering = ("-id",)


@admin.register(Gathering)
class GatheringAdmin(Browsed):
    list_display: Any = ("image", "hook", "rule", "status", "pushes", "since", "due_at", "task", "code", "pin")
    list_select_related = ("hook", "hook__tenant", "rule")
    exclude = ("key", "open_key")
    search_fields = ("id", "hook")
    search_help_text = "The whole id, or that of a hook."
    ordering = ("-id",)
