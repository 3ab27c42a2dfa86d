"""Users and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashWidget, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.admin.audited import Audited
from accounts.admin.pages import Browsed, asked_here
from accounts.audit import By
from accounts.models import Membership, Session, User
from accounts.people import one_at_a_time, refuse_rights, save_only
from accounts.reset_links import close_links
from accounts.sign_in import end_sessions
from ips.problems import Conflict

if TYPE_CHECKING:  # generic for the type checker only
    MembershipRows = admin.TabularInline[Membership, User]
    UserPages = UserAdmin[User]
    UserFields = UserChangeForm[User]
else:
    MembershipRows, UserPages, UserFields = admin.TabularInline, UserAdmin, UserChangeForm

admin.site.unregister(Group)  # rights are roles in tenants

RIGHTS = ("is_active", "is_platform_admin")


class NoPartOfTheHash(ReadOnlyPasswordHashWidget):
    """The button for a new password, without the beginnings of salt and hash that Django shows."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if len(context["summary"]) > 1:
            context["summary"] = [{"label": "Set."}]
        context["widget"]["value"] = None
        return context


class UserForm(UserFields):
    """What the API refuses of rights, this refuses too; `by` is who works here."""

    by: By

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "password" in self.fields:
            self.fields["password"].widget = NoPartOfTheHash()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if changed := [name for name in RIGHTS if name in self.changed_data]:
            try:
                # The page saves in the same transaction: nobody comes in between.
                one_at_a_time()
                refuse_rights(self.instance, self.by)
            except Conflict as conflict:
                self.add_error(changed[0], str(conflict.detail))
        return cleaned


class MembershipInline(MembershipRows):
    model = Membership
    extra = 0
    autocomplete_fields = ("tenant",)


@admin.register(User)
class IpsUserAdmin(Audited, UserPages):
    """Users and their roles. A new password, and taking somebody's active flag, sign that user out at once.

    Nobody changes the own rights, nor takes those of the last platform administrator; and nobody is deleted.
    """

    form = UserForm
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Who", {"fields": ("first_name", "last_name", "email")}),
        ("May", {"fields": RIGHTS}),
    )
    list_display = ("username", "email", "is_platform_admin", "is_active", "last_login")
    list_filter = ("is_platform_admin", "is_active")
    filter_horizontal = ()
    inlines = (MembershipInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return RIGHTS if obj and obj.pk == request.user.pk else ()

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = asked_here(request)  # type: ignore[attr-defined]  # the class is made anew for each request
        return form

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """With the rights as they are now: the name of a field does not tell whether it was given or taken."""
        told: list[Any] = super().construct_change_message(request, form, formsets, add)
        rights = {name: form.cleaned_data[name] for name in RIGHTS if name in form.changed_data}
        return [*told, {"rights": rights}] if rights else told

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            save_only(obj, form.changed_data)
        else:
            super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(Session.objects.filter(user=obj), asked_here(request))
            close_links(obj)


@admin.register(Membership)
class MembershipAdmin(Browsed):
    """Who has which role where. Roles are given on the page of the user, or by a tenant's admins."""

    list_display = ("user", "tenant", "role")
    list_filter = ("role", "tenant")
    list_select_related = ("user", "tenant")
    search_fields = ("user__username", "tenant__slug")
    search_help_text = "A username, or the slug of a tenant, as it begins."
