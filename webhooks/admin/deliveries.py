"""What was told, and how each try went."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed, asked_here
from ips.problems import Conflict
from webhooks.keeping import redeliver
from webhooks.models import Delivery, DeliveryAttempt

MOST_AT_ONCE = 1000


@admin.register(Delivery)
class DeliveryAdmin(Browsed):
    list_display = ("created_at", "webhook", "event", "about", "status", "code", "attempts", "due_at", "finished_at")
    list_filter = ("status", "event")
    list_select_related = ("webhook", "webhook__tenant")
    search_fields = ("id", "task", "webhook")
    search_help_text = "The whole id of a delivery, a task or a webhook."
    ordering = ("-created_at", "id")
    actions = ("redeliver",)

    @admin.action(description="Send the selected deliveries again", permissions=["view"])
    def redeliver(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        sent = 0
        for delivery in deliveries.select_related("webhook__tenant")[:MOST_AT_ONCE]:
            try:
                redeliver(delivery, asked_here(request))
            except Conflict:
                continue  # it waits for a try already
            sent += 1
        self.message_user(request, f"{sent} deliveries are sent again.")


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(Browsed):
    """Platform administrators see every answer, also those from inside the network."""

    list_display: Any = ("started_at", "delivery", "number", "status", "code", "milliseconds", "listed")
    list_select_related = ("delivery",)
    search_fields = ("delivery",)
    search_help_text = "The whole id of a delivery."
    ordering = ("-id",)
