"""Lists come in pages, and every page says in `Link` (RFC 8288) where the next one is.

Short things by number: `?page=2&page_size=50` → {count, next, previous, results}. Long ones that grow at their
beginning by cursor: follow `next` → {next, previous, results}; nobody counts them.
"""

from __future__ import annotations

import re
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from ips.problems import Problem

DEFAULT_SIZE, LARGEST_SIZE = 50, 200
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)


def wanted_size(request: Request) -> int:
    """The `page_size` that is asked for, at most 200. Raises Problem (400) for what is no size."""
    text = request.query_params.get("page_size", str(DEFAULT_SIZE))
    if not (text.isascii() and text.isdigit() and int(text[:9])):
        raise Problem(400, "unknown_value", f"page_size is a whole number from 1, not {text[:20]!r}.")
    return min(int(text[:9]), LARGEST_SIZE)


class Pages(PageNumberPagination):
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        return wanted_size(request)

    def get_page_number(self, request: Request, paginator: Any) -> int | str:
        return request.query_params.get("page", 1)  # an empty one is no page: 404

    def get_paginated_response(self, data: Any) -> Response:
        return linked(super().get_paginated_response(data))


class NewestFirst(CursorPagination):
    ordering = "-id"
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        return wanted_size(request)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        if "page" in request.query_params:
            raise Problem(400, "unknown_parameter", "This list has no numbered pages: follow `next`.")
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound as error:
            raise Problem(400, "invalid_cursor", "This cursor is of no answer: follow `next` as it stands.") from error

    def decode_cursor(self, request: Request) -> Any:
        """Its position is an id; whatever else somebody writes there is of no answer."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not _ID.fullmatch(str(cursor.position)):
            raise NotFound
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        return linked(super().get_paginated_response(data))


def linked(page: Response) -> Response:
    ways = {"next": page.data["next"], "prev": page.data["previous"]}
    if links := [f'<{url}>; rel="{way}"' for way, url in ways.items() if url]:
        page["Link"] = ", ".join(links)
    return page
