"""Limits and settings, and the switch that lets no pull start."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from accounts.admin.pages import Browsed, asked_here
from prewarm import live_settings
from prewarm.change_settings import change_settings
from prewarm.models import Limit, Setting
from prewarm.settings_request import SettingsRequest


@admin.register(Limit)
class LimitAdmin(Browsed):
    """Caps follow the settings, which /api/v1/settings/ and the page *Settings* change."""

    list_display = ("name", "cap", "used")
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(Setting)
class SettingAdmin(Browsed):
    """What differs from the environment. The page *Settings* changes it; here the intake is paused and opened."""

    list_display = ("name", "value", "changed_at", "changed_by")
    ordering = ("name",)

    def get_urls(self) -> list[URLPattern]:
        switch = self.admin_site.admin_view(self.switch_intake)
        return [path("intake/", switch, name="prewarm_setting_intake"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        live = live_settings.load()
        intake = {"intake_paused": live.intake_paused, "intake_reason": live.intake_reason}
        return super().changelist_view(request, intake | (extra_context or {}))

    def switch_intake(self, request: HttpRequest) -> HttpResponse:
        """Pause the intake, with a reason for everyone who waits, or open it again; audited like by the API."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        paused = "pause" in request.POST
        reason = {"intake_reason": request.POST.get("reason", "")} if paused else {}
        asked = SettingsRequest(data={"intake_paused": paused, **reason})
        if asked.is_valid():
            by = asked_here(request)
            change_settings(asked.validated_data, user=by.user, actor=by.actor, request_id=by.request_id)
            self.message_user(request, "No pull starts any more." if paused else "Pulls start again.")
        else:
            wrong = " ".join(str(error) for errors in asked.errors.values() for error in errors)
            self.message_user(request, f"The reason cannot be used: {wrong}", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:prewarm_setting_changelist", current_app=self.admin_site.name))
