"""The audit as the API shows it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.audit_export import exported
from accounts.audit_query import asked_for
from accounts.models import AuditEntry, Outcome, Role
from accounts.permissions import Rights
from ips.pagination import NewestFirst
from ips.problems import Problem

MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
MOMENT = {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
FILTERS = [
    OpenApiParameter("action", str, many=True, description="Like settings.changed."),
    OpenApiParameter("outcome", str, many=True, enum=Outcome.values),
    OpenApiParameter("actor", str),
    OpenApiParameter("target", str),
    OpenApiParameter("tenant", str),
    OpenApiParameter("request_id", str),
    OpenApiParameter("since", MOMENT, description="A time, or a day, in UTC unless it says otherwise."),
    OpenApiParameter("until", MOMENT, description="Up to this time, not including it."),
    OpenApiParameter("search", str, description="In actor, action, target, request id and credential."),
]


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """One change, or one that was refused: who, what, when, from where, from what to what."""

    tenant = serializers.SlugRelatedField[AuditEntry]("slug", read_only=True, allow_null=True)
    before = serializers.JSONField()
    after = serializers.JSONField()

    class Meta:
        model = AuditEntry
        fields = (
            "id",
            "at",
            "actor",
            "tenant",
            "action",
            "target",
            "outcome",
            "code",
            "before",
            "after",
            "ip",
            "credential",
            "request_id",
        )
        read_only_fields = fields


class AuditViewSet(viewsets.GenericViewSet[AuditEntry]):
    """Who changed what or was refused, newest first: admins see their tenants', platform administrators everything."""

    pagination_class = NewestFirst
    serializer_class = AuditSerializer

    def get_queryset(self) -> QuerySet[AuditEntry]:
        rights = Rights.of(self.request)
        rows = AuditEntry.objects.select_related("tenant").order_by("-id")
        return rows if rights.platform_admin else rows.filter(tenant__in=rights.tenants(Role.ADMIN))

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        rows = asked_for(self.get_queryset(), request, "cursor")
        return self.get_paginated_response(AuditSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        parameters=[*FILTERS, OpenApiParameter("as", str, enum=tuple(MEDIA_TYPES), default="jsonl")],
        responses={
            (200, "application/x-ndjson"): OpenApiResponse(OpenApiTypes.STR, "One JSON object a line."),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "With a header line."),
        },
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> HttpResponseBase:
        """All that the filters name, in one file."""
        rows = asked_for(self.get_queryset(), request, "as")
        kind = request.query_params.get("as", "jsonl")
        if kind not in MEDIA_TYPES:
            raise Problem(400, "unknown_value", f"as cannot be {kind!r}. Known: {', '.join(MEDIA_TYPES)}.")
        headers = {"Content-Disposition": f'attachment; filename="ips-audit.{kind}"'}
        return StreamingHttpResponse(exported(rows, kind), content_type=MEDIA_TYPES[kind], headers=headers)
