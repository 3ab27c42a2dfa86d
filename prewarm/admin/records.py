"""What IPS keeps count of for itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from accounts.admin.pages import Browsed
from prewarm.marks import key_of_mark, mark_of
from prewarm.models import Duty, KnownImage, OwnPull, PairsOfDay, RegistryCheck, Tally
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


@admin.register(KnownImage)
class KnownImageAdmin(Browsed):
    """Names under which nodes list images, or under which they were pulled."""

    list_display = ("name", "bytes", "told_at", "mark")
    search_fields = ("name",)
    search_help_text = "How the whole name begins, like docker.io/library/nginx."
    ordering = ("name",)


@admin.register(OwnPull)
class OwnPullAdmin(Browsed):
    """What pulls proved to be on nodes."""

    list_display = ("image_name", "node", "digest", "bytes", "at")
    search_fields = ("node",)
    search_help_text = "How a node's name begins; or an image, as a task would name it."
    ordering = ("-id",)

    @admin.display(description="image")
    def image_name(self, row: OwnPull) -> str:
        return str(vars(row).get("name") or row.image)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnPull]:
        rows: QuerySet[OwnPull] = super().get_queryset(request)
        return rows.annotate(name=Subquery(KnownImage.objects.filter(mark=OuterRef("image")).values("name")))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if found.query.is_empty():
            with suppress(InvalidReference):
                found = queryset.filter(image=key_of_mark(mark_of(search_term.strip())))
        return found, duplicates


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
