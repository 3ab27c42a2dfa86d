"""Users, tenants, memberships and sessions in Django's admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.api_keys import revoke_key
from accounts.audit import By
from accounts.models import ApiKey, AuditEntry, Membership, Session, Tenant, User
from accounts.sign_in import end_sessions
from ips.request_id import current_request_id

if TYPE_CHECKING:  # generic for the type checker only
    MembershipRows = admin.TabularInline[Membership, User]
    TenantPages = admin.ModelAdmin[Tenant]
    SessionPages = admin.ModelAdmin[Session]
    AuditPages = admin.ModelAdmin[AuditEntry]
    KeyPages = admin.ModelAdmin[ApiKey]
    UserPages = UserAdmin[User]
else:
    MembershipRows, UserPages = admin.TabularInline, UserAdmin
    TenantPages = SessionPages = AuditPages = KeyPages = admin.ModelAdmin

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
        user = cast(User, request.user)
        by = By(user, user.get_username(), current_request_id())
        chosen = end_sessions(Session.objects.filter(pk__in=sessions.values("pk")), by)
        self.message_user(request, f"{chosen} sessions ended.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(KeyPages):
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
    list_select_related = ("owner", "tenant")
    search_fields = ("name", "key_id", "owner__username")
    exclude = ("secret_hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke the selected keys", permissions=["view"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        user = cast(User, request.user)
        chosen = list(keys.select_related("tenant"))
        for key in chosen:
            revoke_key(key, By(user, user.get_username(), current_request_id()))
        self.message_user(request, f"{len(chosen)} keys revoked.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditAdmin(AuditPages):
    """Who changed what: to look at."""

    list_display = ("at", "actor", "action", "target", "outcome", "code", "before", "after", "ip", "request_id")
    list_filter = ("outcome", "action")
    search_fields = ("actor", "target", "request_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
