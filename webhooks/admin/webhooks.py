"""Who is told. Made and changed through the API, where addresses and secrets are written and never read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, asked_here
from webhooks.keeping import change_webhook, send_test
from webhooks.models import Pace, Webhook
from webhooks.serializers import masked

MOST_AT_ONCE = 100


@admin.register(Webhook)
class WebhookAdmin(Browsed):
    """Addresses are shown as far as everybody may see them."""

    list_display = ("name", "tenant", "kind", "address", "enabled", "failing_since", "disabled_reason", "sequence")
    list_filter = ("kind", "enabled", "tenant")
    list_select_related = ("tenant",)
    search_fields = ("id", "name", "tenant__slug")
    search_help_text = "The whole id, or a name or tenant as it begins."
    exclude = ("url", "secret", "old_secret")
    readonly_fields = ("address",)
    ordering = ("name", "id")
    actions = ("enable", "disable", "test")

    @admin.display(description="address")
    def address(self, webhook: Webhook) -> str:
        return masked(webhook.url)

    @admin.action(description="Enable the selected webhooks", permissions=["view"])
    def enable(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        self._set(request, webhooks, enabled=True)

    @admin.action(description="Disable the selected webhooks", permissions=["view"])
    def disable(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        self._set(request, webhooks, enabled=False)

    @admin.action(description="Send a test to the selected webhooks", permissions=["view"])
    def test(self, request: HttpRequest, webhooks: QuerySet[Webhook]) -> None:
        chosen = list(webhooks.select_related("tenant")[:MOST_AT_ONCE])
        for webhook in chosen:
            send_test(webhook, asked_here(request))
        self.message_user(request, f"{len(chosen)} tests are on their way; see the deliveries.")

    def _set(self, request: HttpRequest, webhooks: QuerySet[Webhook], *, enabled: bool) -> None:
        chosen = list(webhooks.exclude(enabled=enabled)[:MOST_AT_ONCE])
        for webhook in chosen:
            change_webhook(webhook, asked_here(request), {"enabled": enabled})
        self.message_user(request, f"{len(chosen)} webhooks {'enabled' if enabled else 'disabled'}.")


@admin.register(Pace)
class PaceAdmin(Browsed):
    """How much DingTalk's robots were told in the last minute."""

    list_display: Any = ("place", "changed_at")
    search_fields = ("place",)
    ordering = ("place",)
