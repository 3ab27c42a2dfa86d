"""What lets people and programs in: sessions, API keys, reset links, and what was tried. Never a secret or its hash."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.pages import Browsed, asked_here
from accounts.api_keys import revoke_key
from accounts.models import ApiKey, IdempotentRequest, ResetLink, Session, SignInAttempt
from accounts.sign_in import end_sessions

MOST_AT_ONCE = 1000


class StillOpen(admin.SimpleListFilter):
    title = "signed in"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Now")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(expires_at__gt=timezone.now(), ended_at=None) if self.value() else queryset


@admin.register(Session)
class SessionAdmin(Browsed):
    """Who is signed in where. Ending a session is the only thing to do with one."""

    list_display = ("user", "created_at", "last_seen_at", "expires_at", "ended_at", "ip", "user_agent")
    list_filter = (StillOpen,)
    list_select_related = ("user",)
    search_fields = ("id", "user__username")
    search_help_text = "A username as it begins, or the whole id of a session as the audit names it."
    ordering = ("-expires_at",)
    actions = ("end_sessions",)

    @admin.action(description="End the selected sessions", permissions=["view"])
    def end_sessions(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        chosen = list(sessions.values_list("pk", flat=True)[:MOST_AT_ONCE])
        ended = end_sessions(Session.objects.filter(pk__in=chosen), asked_here(request))
        self.message_user(request, f"{ended} sessions ended.")


@admin.register(ApiKey)
class ApiKeyAdmin(Browsed):
    """Which programs may come in. Made and rotated by their owners; revoked here too."""

    list_display = (
        "name",
        "key_id",
        "last_four",
        "owner",
        "tenant",
        "scopes",
        "expires_at",
        "revoked_at",
        "last_used_at",
    )
    list_filter = ("tenant",)
    list_select_related = ("owner", "tenant")
    search_fields = ("key_id", "owner__username", "tenant__slug", "name")
    search_help_text = "The id in a key (ips_<id>_…), its owner, tenant or name, as it begins. Never paste a whole key."
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke the selected keys", permissions=["view"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        chosen = list(keys.filter(revoked_at=None).select_related("tenant")[:MOST_AT_ONCE])
        for key in chosen:
            revoke_key(key, asked_here(request))
        self.message_user(request, f"{len(chosen)} keys revoked.")


@admin.register(ResetLink)
class ResetLinkAdmin(Browsed):
    list_display = ("user", "created_at", "expires_at", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    exclude = ("secret_hash",)
    ordering = ("-created_at",)


@admin.register(SignInAttempt)
class SignInAttemptAdmin(Browsed):
    list_display = ("at", "username", "ip")
    search_fields = ("username", "ip")
    ordering = ("-at",)


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(Browsed):
    """Which requests were answered; the answers themselves are their callers'."""

    list_display = ("claimed_at", "caller", "key", "status", "location")
    search_fields = ("caller",)
    exclude = ("body", "asked", "token")
    ordering = ("-claimed_at",)
