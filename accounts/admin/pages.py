"""What all pages of the admin have in common, so that they open at once however many rows there are."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.paginator import Paginator
from django.db.models import ForeignKey, Model, Q, QuerySet, UUIDField
from django.http import HttpRequest
from django.utils.functional import cached_property

from accounts.audit import By
from accounts.models import User
from ips.request_id import current_request_id

if TYPE_CHECKING:  # generic for the type checker only
    Pages = admin.ModelAdmin[Any]
    RowPaginator = Paginator[Any]
else:
    Pages, RowPaginator = admin.ModelAdmin, Paginator

MOST_COUNTED = 10_000
AFTER_ALL = "\U0010ffff"  # no text that begins like another one sorts behind that one with this at its end


class BoundedPaginator(RowPaginator):
    """Counts no further than anybody would turn pages: counting a million rows takes longer than showing fifty."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MOST_COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class Browsed(Pages):
    """Rows to look at, of which there may be millions: added, changed and deleted by nobody here.

    A search asks for one field of `search_fields` after the other, each of which has an index: an id must be whole, a
    text may go on. The first field that finds something is the answer.
    """

    sortable_by = ()
    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 200

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        term = search_term.strip()
        if not term:
            return queryset, False
        for field in self.search_fields:
            wanted = begins(self.model, field, term)
            if wanted and (found := queryset.filter(wanted)).exists():
                return found, False
        return queryset.none(), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def begins(model: type[Model], path: str, term: str) -> Q | None:
    """That the field begins with the term, in words that an index answers on every database; None where it cannot.

    LIKE is answered by no index where letters of both cases count. MariaDB keeps UUIDs in an order of its own, so
    that the beginning of one is no range.
    """
    field = get_fields_from_path(model, path)[-1]
    target = field.target_field if isinstance(field, ForeignKey) else field
    if not isinstance(target, UUIDField):
        return Q((f"{path}__gte", term), (f"{path}__lt", term + AFTER_ALL))
    try:
        return Q((path, uuid.UUID(term)))
    except ValueError:
        return None


def asked_here(request: HttpRequest) -> By:
    """Who works in the admin, for the audit."""
    user = cast(User, request.user)
    return By(user, user.get_username(), current_request_id())
