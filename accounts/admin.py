"""Users, tenants, memberships and sessions in Django's admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import AuditEntry, Membership, Session, Tenant, User

if TYPE_CHECKING:  # generic for the type checker only
    MembershipRows = admin.TabularInline[Membership, User]
    TenantPages = admin.ModelAdmin[Tenant]
    SessionPages = admin.ModelAdmin[Session]
    AuditPages = admin.ModelAdmin[AuditEntry]
    UserPages = UserAdmin[User]
else:
    MembershipRows, UserPages = admin.TabularInline, UserAdmin
    TenantPages = SessionPages = AuditPages = admin.ModelAdmin

admin.site.unregister(Group)  # rights are roles in tenants


class MembershipInline(MembershipRows):
    model = Membership
    extra = 0


@admin.register(User)
class IpsUserAdmin(UserPages):
    """Users and their roles. A new password, and taking somebody's active flag, sign that user out at once."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Who", {"fields": ("first_name", "last_name", "email")}),
        ("May", {"fields": ("is_active", "is_platform_admin")}),
    )
    list_display = ("username", "email", "is_platform_admin", "is_active", "last_login")
    list_filter = ("is_platform_admin", "is_active")
    filter_horizontal = ()
    inlines = (MembershipInline,)


@admin.register(Tenant)
class TenantAdmin(TenantPages):
    list_display = ("slug", "name", "max_priority", "created_at")
    search_fields = ("slug", "name")


@admin.register(Session)
class SessionAdmin(SessionPages):
    """Who is signed in where. Ending a session is the only thing to do with one."""

    list_display = ("user", "created_at", "last_seen_at", "expires_at", "ended_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__username", "ip")
    actions = ("end_sessions",)

    @admin.action(description="End the selected sessions", permissions=["view"])
    def end_sessions(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        chosen = Session.objects.filter(pk__in=sessions.values("pk")).end()
        self.message_user(request, f"{chosen} sessions ended.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditAdmin(AuditPages):
    """Who changed what: to look at."""

    list_display = ("at", "actor", "action", "target", "before", "after", "request_id")
    list_filter = ("action",)
    search_fields = ("actor", "target", "request_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
