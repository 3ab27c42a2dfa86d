"""The delivery log in the API."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.models import Role, Tenant
from accounts.permissions import Rights, asked_by
from ips.entity_tags import Tagged
from ips.problems import Problem
from ips.query import chosen, only_known
from webhooks import keeping
from webhooks.events import EVENTS
from webhooks.models import Delivery, DeliveryStatus
from webhooks.serializers import DeliveryDetail, DeliverySerializer, Redelivered

UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


class DeliveryViewSet(Tagged, viewsets.GenericViewSet[Delivery]):
    """What was told, to whom, and how each try went; newest first."""

    serializer_class = DeliveryDetail
    queryset = Delivery.objects.none()
    lookup_value_regex = UUID

    def get_queryset(self) -> QuerySet[Delivery]:
        return visible(Rights.of(self.request)).select_related("webhook", "webhook__tenant", "of_tenant")

    def get_object(self) -> Delivery:
        found = super().get_object()
        rights = Rights.of(self.request)
        self.sees = {
            "sees_answers": rights.platform_admin or _is_admin(rights, found.tenant),
            "sees_inside": rights.platform_admin,
        }
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **getattr(self, "sees", {})}

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("webhook", uuid.UUID),
            OpenApiParameter("task", uuid.UUID),
            OpenApiParameter("status", str, enum=DeliveryStatus.values, many=True),
            OpenApiParameter("event", str, enum=list(EVENTS), many=True),
            OpenApiParameter("since", datetime, description="Of what happened then or later."),
            OpenApiParameter("until", datetime, description="Of what happened before."),
        ],
        responses=DeliverySerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "webhook", "task", "status", "event", "since", "until")
        rows = visible(Rights.of(request), Role.OPERATOR).select_related("webhook", "webhook__tenant", "of_tenant")
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(Q(of_tenant__slug=tenant) | Q(of_tenant=None, webhook__tenant__slug=tenant))
        for name, column in (("webhook", "webhook"), ("task", "task")):
            if (text := request.query_params.get(name)) is not None:
                rows = rows.filter(**{column: _uuid(name, text)})
        if statuses := chosen(request, "status", DeliveryStatus.values):
            rows = rows.filter(status__in=statuses)
        if events := chosen(request, "event", list(EVENTS)):
            rows = rows.filter(event__in=events)
        for name, lookup in (("since", "at__gte"), ("until", "at__lt")):
            if (text := request.query_params.get(name)) is not None:
                rows = rows.filter(**{lookup: _time(name, text)})
        page = self.paginate_queryset(rows.order_by("-created_at", "id").defer("body", "facts"))
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    @extend_schema(responses=DeliveryDetail)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """With every try, and what went out."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=None, responses={202: Redelivered})
    @idempotent
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> Response:
        """Send it again, under its id and with its body, whether it got through or not."""
        again = keeping.redeliver(self.get_object(), asked_by(request))
        headers = {"Location": f"/api/v1/deliveries/{again.pk}/"}
        return Response({"deliveries": 1, "left": 0}, status=202, headers=headers)


def visible(rights: Rights, least: Role = Role.VIEWER) -> QuerySet[Delivery]:
    """Those of webhooks of one's tenants, as far as they tell of that tenant; what a webhook of all tenants told stays
    with platform administrators, also when it has become one tenant's since.
    """
    if rights.platform_admin:
        return Delivery.objects.all()
    return Delivery.objects.filter(keeping.OWN, webhook__tenant__in=rights.tenants(least))


def _is_admin(rights: Rights, tenant: Tenant | None) -> bool:
    return tenant is not None and rights.role_in(tenant) == Role.ADMIN


def _uuid(name: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Problem(400, "unknown_value", f"{name} cannot be {text[:60]!r}: it is an id.") from None


def _time(name: str, text: str) -> datetime:
    try:
        at: datetime = serializers.DateTimeField().to_internal_value(text)
    except serializers.ValidationError:
        detail = f"{name} cannot be {text[:60]!r}: write a time like 2026-11-27T08:00:00Z."
        raise Problem(400, "unknown_value", detail) from None
    return at
