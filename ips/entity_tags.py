"""`ETag` and `If-Match` (RFC 9110 §8.8, §13): nothing is sent twice, and nobody overwrites what they have not seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar, cast

from django.db import models, transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from ips.problems import Problem

Row = TypeVar("Row", bound=models.Model)
View = TypeVar("View", bound=GenericViewSet[Any])
Rest = ParamSpec("Rest")
Handler = Callable[Concatenate[View, Request, Rest], Response]
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag of the answer that was read: 412 if it is outdated."
)


class Tagged(RetrieveModelMixin):
    """A detail view whose answer has an `ETag`, and is 304 for who has it already (`If-None-Match`).

    `passing` fields change by themselves: they are in no tag, so that nobody is refused a change because of them, and
    nothing is 304.
    """

    passing: ClassVar[frozenset[str]] = frozenset()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = tagged(super().retrieve(request, *args, **kwargs), self.passing)
        if answer["ETag"] in named(request, "If-None-Match") and not self.passing:
            return Response(status=304, headers={"ETag": answer["ETag"]})
        return answer


def unless_changed(handler: Handler[View, Rest]) -> Handler[View, Rest]:
    """Change or delete only what is still as its `If-Match` says; else 412, and nothing happens.

    The row is locked before it is compared, so that nobody comes in between.
    """

    @wraps(handler)
    def guarded(view: View, request: Request, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Response:
        tags = named(request, "If-Match")
        passing: frozenset[str] = getattr(view, "passing", frozenset())
        with transaction.atomic():
            if tags and "*" not in tags:
                seen = view.get_object()
                type(seen)._default_manager.select_for_update().filter(pk=seen.pk).first()
                if tag_of(view.get_serializer(view.get_object()).data, passing) not in tags:
                    text = "Somebody has changed this since you read it. Read it again, then say what to change."
                    raise Problem(412, "changed_meanwhile", text)
            answer = handler(view, request, *args, **kwargs)
        return tagged(answer, passing) if answer.data else answer

    return cast(Handler[View, Rest], extend_schema(parameters=[IF_MATCH])(guarded))


def tagged(answer: Response, passing: frozenset[str] = frozenset()) -> Response:
    answer["ETag"] = tag_of(answer.data, passing)
    return answer


def tag_of(data: Any, passing: frozenset[str] = frozenset()) -> str:
    if passing:
        data = {name: value for name, value in data.items() if name not in passing}
    return f'"{hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:24]}"'


def named(request: Request, header: str) -> set[str]:
    """The tags in a header; a weak one counts like a strong one, since some proxies weaken them."""
    return {tag.strip().removeprefix("W/") for tag in request.headers.get(header, "").split(",")} - {""}
