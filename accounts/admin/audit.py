"""The audit, to look at."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.pages import Browsed
from accounts.models import AuditEntry


@admin.register(AuditEntry)
class AuditAdmin(Browsed):
    """Who changed what."""

    list_display = ("at", "actor", "action", "target", "outcome", "code", "before", "after", "ip", "request_id")
    list_filter = ("at", "tenant")
    search_fields = ("request_id", "target", "user__username", "action")
    search_help_text = "A request id, what was changed, a username, or an action like session.refused, as it begins."
    ordering = ("-id",)
