"""What IPS keeps count of for itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Browsed
from prewarm.models import Duty, PairsOfDay, RegistryCheck, Tally
from prewarm.references import InvalidReference, parse
from prewarm.registries.kept import key_of


@admin.register(RegistryCheck)
class RegistryCheckAdmin(Browsed):
    """What registries said of images, for as long as it is believed."""

    list_display = ("reference", "outcome", "reason", "checked_at", "good_until")
    search_fields = ("key",)
    search_help_text = "An image, as a task would name it."
    ordering = ("-good_until",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        try:
            return (queryset.filter(key=key_of(parse(search_term.strip()))) if search_term else queryset), False
        except InvalidReference:
            return queryset.none(), False


@admin.register(PairsOfDay)
class PairsOfDayAdmin(Browsed):
    list_display = ("day", "tenant", "pairs")
    list_filter = ("tenant",)
    list_select_related = ("tenant",)
    search_fields = ("tenant__slug",)


@admin.register(Tally)
class TallyAdmin(Browsed):
    list_display = ("key", "value")
    search_fields = ("key",)
    ordering = ("key",)


@admin.register(Duty)
class DutyAdmin(Browsed):
    list_display = ("name", "due_at")
    ordering = ("name",)
