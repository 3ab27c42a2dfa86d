"""The audit as the API shows it."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import AuditEntry
from accounts.permissions import PlatformAdmin
from ips.query import holding, only_known


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """One change: who, what, when, from what to what."""

    tenant = serializers.SlugRelatedField[AuditEntry]("slug", read_only=True, allow_null=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "tenant", "action", "target", "before", "after", "request_id")
        read_only_fields = fields


class AuditViewSet(viewsets.GenericViewSet[AuditEntry]):
    """Who changed what, newest first."""

    permission_classes = (PlatformAdmin,)
    serializer_class = AuditSerializer

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.select_related("tenant").order_by("-id")

    @extend_schema(
        parameters=[
            OpenApiParameter("action", str, many=True, description="Like settings.changed."),
            OpenApiParameter("search", str, description="In actor, target and request id."),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "action", "search")
        rows = self.get_queryset()
        if actions := request.query_params.getlist("action"):
            rows = rows.filter(action__in=actions)
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "actor", "target", "request_id"))
        return self.get_paginated_response(AuditSerializer(self.paginate_queryset(rows), many=True).data)
