"""Changes by forms of the admin, in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.admin.pages import asked_here
from accounts.models import Tenant

if TYPE_CHECKING:  # generic for the type checker only
    Pages = admin.ModelAdmin[Any]
else:
    Pages = admin.ModelAdmin


class Audited(Pages):
    """Pages whose changes are in the audit, by the words that the admin keeps of them."""

    show_full_result_count = False

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
        after = {"admin": message} if message else None
        asked_here(request).audit(f"{name}.{verb}", str(obj), after=after, tenant=tenant)
