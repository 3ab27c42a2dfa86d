"""What lists may be asked for in the query: filters, order, search."""

from __future__ import annotations

from django.db.models import Q, TextField
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Contains
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from ips.problems import Problem

PAGING = frozenset({"page", "page_size", "format"})


def only_known(request: Request, *names: str) -> None:
    """An unknown or misspelt filter is refused: answering all instead would look like a match."""
    for name in request.query_params:
        if name not in PAGING and name not in names:
            known = ", ".join(names or sorted(PAGING))
            raise Problem(400, "unknown_parameter", f"There is no parameter {name!r} here. Known: {known}.")


def chosen(request: Request, name: str, allowed: list[str]) -> list[str]:
    """The values of a repeatable filter; unknown ones are refused."""
    values = request.query_params.getlist(name)
    for value in values:
        if value not in allowed:
            raise Problem(400, "unknown_value", f"{name} cannot be {value!r}. Known: {', '.join(allowed)}.")
    return values


def ordered_by(*fields: str) -> OpenApiParameter:
    """How the document describes `ordering`: by one of these, with a minus before it the other way round."""
    return OpenApiParameter("ordering", str, enum=[way + field for field in fields for way in ("", "-")])


def ordering(request: Request, default: str, *fields: str) -> str:
    value = request.query_params.get("ordering", default)
    if value.removeprefix("-") not in fields:
        raise Problem(400, "unknown_ordering", f"Cannot order by {value!r}. Known: {', '.join(fields)}.")
    return value


def holding(text: str, *columns: str) -> Q:
    """Rows that have the text in one of these columns, in upper or lower case.

    Not `icontains`: on MariaDB's binary collation that minds the case.
    """
    found = Q()
    for column in columns:
        found |= Q(Contains(Lower(Cast(column, TextField())), text.lower()))
    return found
