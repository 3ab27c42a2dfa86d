"""Users, tenants, memberships and sessions in Django's admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from accounts.api_keys import revoke_key
from accounts.audit import By
from accounts.models import ApiKey, AuditEntry, Membership, Session, Tenant, User
from accounts.people import change_tenant, create_tenant
from accounts.reset_links import close_links
from accounts.sign_in import end_sessions
from accounts.tenant_request import RULES, TenantChange
from ips.problems import field_errors
from ips.request_id import current_request_id

if TYPE_CHECKING:  # generic for the type checker only
    Pages = admin.ModelAdmin[Any]
    MembershipRows = admin.TabularInline[Membership, User]
    TenantPages = admin.ModelAdmin[Tenant]
    SessionPages = admin.ModelAdmin[Session]
    AuditPages = admin.ModelAdmin[AuditEntry]
    KeyPages = admin.ModelAdmin[ApiKey]
    UserPages = UserAdmin[User]
    TenantFields = ModelForm[Tenant]
else:
    TenantFields = ModelForm
    MembershipRows, UserPages = admin.TabularInline, UserAdmin
    Pages = TenantPages = SessionPages = AuditPages = KeyPages = admin.ModelAdmin

admin.site.unregister(Group)  # rights are roles in tenants


class Audited(Pages):
    """Pages whose changes are in the audit, by the words that the admin keeps of them."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, "created", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._audit(request, "changed", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> Any:
        for row in queryset:
            self._audit(request, "deleted", row, "")
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        name, tenant = obj._meta.model_name, obj if isinstance(obj, Tenant) else None
        _by(request).audit(f"{name}.{verb}", str(obj), after={"admin": message} if message else None, tenant=tenant)


class MembershipInline(MembershipRows):
    model = Membership
    extra = 0


@admin.register(User)
class IpsUserAdmin(Audited, UserPages):
    """Users and their roles. A new password, and taking somebody's active flag, sign that user out at once.

    Nobody changes the own rights, so there is always a platform administrator; and nobody is deleted.
    """

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Who", {"fields": ("first_name", "last_name", "email")}),
        ("May", {"fields": ("is_active", "is_platform_admin")}),
    )
    list_display = ("username", "email", "is_platform_admin", "is_active", "last_login")
    list_filter = ("is_platform_admin", "is_active")
    filter_horizontal = ()
    inlines = (MembershipInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return ("is_active", "is_platform_admin") if obj and obj.pk == request.user.pk else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(Session.objects.filter(user=obj), _by(request))
            close_links(obj)


class TenantForm(TenantFields):
    """What the API refuses, this refuses too, at the same fields."""

    def clean(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name in TenantChange().fields}
        try:
            TenantChange(data=given).is_valid(raise_exception=True)
        except ValidationError as wrong:
            for error in field_errors(wrong):
                self.add_error(error["pointer"].partition("/")[0], error["detail"])
        return self.cleaned_data


@admin.register(Tenant)
class TenantAdmin(Audited, TenantPages):
    """Teams and their rules. Every change is in the audit, as one through the API."""

    form = TenantForm
    list_display = (
        "slug",
        "name",
        "max_priority",
        "max_running_tasks",
        "max_nodes_at_once",
        "max_pairs_per_day",
        "max_api_keys",
        "node_pool",
        "created_at",
    )
    search_fields = ("slug", "name")
    fields = ("slug", "name", *RULES)

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Tenant, form: ModelForm[Tenant], change: bool) -> None:
        by = _by(request)
        wanted = {name: form.cleaned_data[name] for name in form.changed_data if name != "slug"}
        if change:
            change_tenant(obj, wanted, by)
        else:
            obj.pk = create_tenant(obj.slug, by, **wanted).pk

    def _audit(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        if verb == "deleted":  # of the others the moves themselves tell
            super()._audit(request, verb, obj, message)


@admin.register(Session)
class SessionAdmin(SessionPages):
    """Who is signed in where. Ending a session is the only thing to do with one."""

    list_display = ("user", "created_at", "last_seen_at", "expires_at", "ended_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__username", "ip")
    actions = ("end_sessions",)

    @admin.action(description="End the selected sessions", permissions=["view"])
    def end_sessions(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        chosen = end_sessions(Session.objects.filter(pk__in=sessions.values("pk")), _by(request))
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
        chosen = list(keys.select_related("tenant"))
        for key in chosen:
            revoke_key(key, _by(request))
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


def _by(request: HttpRequest) -> By:
    user = cast(User, request.user)
    return By(user, user.get_username(), current_request_id())
