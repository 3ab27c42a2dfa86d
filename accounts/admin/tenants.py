"""Teams and their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from accounts.admin.audited import Audited
from accounts.admin.pages import asked_here
from accounts.models import Tenant
from accounts.people import belongings, change_tenant, create_tenant, delete_tenant
from accounts.tenant_request import RULES, TenantChange
from ips.problems import Conflict, field_errors

if TYPE_CHECKING:  # generic for the type checker only
    TenantPages = admin.ModelAdmin[Tenant]
    TenantFields = ModelForm[Tenant]
else:
    TenantPages, TenantFields = admin.ModelAdmin, ModelForm


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
    """Teams and their rules. Every change is in the audit, as one through the API.

    A team with members, tasks or anything else of its own stays: what happened is kept.
    """

    form = TenantForm
    list_display = (
        "slug",
        "name",
        "max_priority",
        "max_running_tasks",
        "max_nodes_at_once",
        "max_pairs_per_day",
        "max_api_keys",
        "max_webhooks",
        "node_pool",
        "created_at",
    )
    search_fields = ("slug", "name")
    fields = ("slug", "name", *RULES)

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        """Only of one that nothing belongs to, on its own page: so nothing goes with it."""
        return obj is not None and super().has_delete_permission(request, obj) and not belongings(obj)

    def delete_model(self, request: HttpRequest, obj: Tenant) -> None:
        try:
            delete_tenant(obj, asked_here(request))
        except Conflict as conflict:
            raise PermissionDenied(str(conflict.detail)) from conflict

    def save_model(self, request: HttpRequest, obj: Tenant, form: ModelForm[Tenant], change: bool) -> None:
        by = asked_here(request)
        wanted = {name: form.cleaned_data[name] for name in form.changed_data if name != "slug"}
        if change:
            change_tenant(obj, wanted, by)
        else:
            obj.pk = create_tenant(obj.slug, by, **wanted).pk

    def _audit(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        """The moves themselves tell."""
