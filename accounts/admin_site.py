"""Django's admin behind our own sign-in: the same throttle, the same sessions, the same cookie."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import SimpleAdminConfig
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

# Models that have no pages here, and why.
NOT_SHOWN = {
    "admin.LogEntry": "what it tells is in the audit, with more",
    "auth.Group": "rights are roles in tenants",
    "auth.Permission": "rights are roles in tenants",
    "contenttypes.ContentType": "tells of the code, not of what happened",
    "sessions.Session": "is empty: who is signed in is in accounts.Session",
}


class IpsAdminConfig(SimpleAdminConfig):
    """Loads no admin pages by itself: only the web process does (ips.urls), workers have no use for them."""

    default_site = "accounts.admin_site.IpsAdminSite"


class IpsAdminSite(AdminSite):
    site_header = site_title = "IPS"
    index_title = "Administration"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Platform administrators alone, whatever Django's own columns say."""
        return bool(super().has_permission(request) and getattr(request.user, "is_platform_admin", False))

    def each_context(self, request: HttpRequest) -> Any:
        """With the banner that says which installation this is."""
        simulated = "simulated cluster" if settings.CLUSTER == "simulated" else ""
        banner = {
            "environment_name": settings.ENVIRONMENT_NAME or simulated,
            "environment_color": settings.ENVIRONMENT_COLOR,
        }
        return {**super().each_context(request), **banner}

    # Django's stubs promise narrower answers than Django's own pages give: hence Any, here and below.
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign in with the admin's form; whoever is signed in already goes on."""
        from accounts.admin_sign_in import AdminSignInView

        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        context = {**self.each_context(request), "title": "Sign in", "app_path": request.get_full_path()}
        return AdminSignInView.as_view(extra_context=context | (extra_context or {}))(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """End the session, here and wherever its cookie was copied to."""
        from accounts.admin.pages import asked_here
        from accounts.credentials import session_from_cookie, take_cookie
        from accounts.models import Session
        from accounts.sign_in import end_sessions

        if session := session_from_cookie(request):
            end_sessions(Session.objects.filter(pk=session.pk), asked_here(request))
        response = HttpResponseRedirect(reverse("admin:login", current_app=self.name))
        take_cookie(response)
        return response
