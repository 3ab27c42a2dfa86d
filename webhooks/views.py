"""Webhooks in the API."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent, idempotent_with_secret
from accounts.models import Role
from accounts.permissions import Rights, asked_by, tenant_for
from ips.entity_tags import Tagged, unless_changed
from ips.problems import FieldError, Problem
from ips.query import chosen, holding, only_known, ordered_by, ordering
from webhooks import keeping
from webhooks.delivery_views import UUID
from webhooks.models import Webhook, WebhookKind
from webhooks.request import Overlap, Since, WebhookChange, WebhookRequest, fitting
from webhooks.serializers import DeliverySerializer, Redelivered, WebhookMade, WebhookSerializer

ORDER = ("name", "created_at", "changed_at")


class WebhookViewSet(Tagged, viewsets.GenericViewSet[Webhook]):
    """Who is told what happens. Operators see them; administrators of the tenant make and change them."""

    serializer_class = WebhookSerializer
    queryset = Webhook.objects.none()
    lookup_value_regex = UUID

    def get_queryset(self) -> QuerySet[Webhook]:
        return _visible(Rights.of(self.request))

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("kind", str, enum=WebhookKind.values, many=True),
            OpenApiParameter("enabled", bool),
            OpenApiParameter("search", str, description="In the name."),
            ordered_by(*ORDER),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "kind", "enabled", "search", "ordering")
        rows = _visible(Rights.of(request), Role.OPERATOR)
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if kinds := chosen(request, "kind", WebhookKind.values):
            rows = rows.filter(kind__in=kinds)
        if enabled := chosen(request, "enabled", ["true", "false"]):
            rows = rows.filter(enabled__in=[text == "true" for text in enabled])
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name"))
        rows = rows.order_by(ordering(request, "name", *ORDER), "id")
        return self.get_paginated_response(WebhookSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=WebhookRequest, responses={201: WebhookMade})
    @idempotent_with_secret
    def create(self, request: Request) -> Response:
        """Make one. A generic one's secret is in this answer, and never shown again."""
        asked = WebhookRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        slug, everywhere = wish.pop("tenant"), wish.pop("all_tenants")
        if everywhere:
            _only_everywhere(request, "all_tenants")
        tenant = None if everywhere else tenant_for(request, slug)
        fitting(wish["kind"], wish)
        made = keeping.make_webhook(tenant, asked_by(request), wish)
        return Response(_shown_once(made), status=201, headers={"Location": f"/api/v1/webhooks/{made.pk}/"})

    @extend_schema(request=WebhookChange, responses=WebhookSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named. `enabled: true` gives one that was disabled a fresh start.

        `tenant` makes a webhook of all tenants one of this tenant: what it told of others is not shown there.
        """
        kept = self.get_object()
        asked = WebhookChange(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        fitting(kept.kind, wish)
        slug = wish.pop("tenant", None)
        if slug is not None and slug != (kept.tenant and kept.tenant.slug):
            _only_everywhere(request, "tenant")
            wish["tenant"] = tenant_for(request, slug)
        changed = keeping.change_webhook(kept, asked_by(request), wish)
        return Response(WebhookSerializer(changed).data)

    @extend_schema(responses={204: None})
    @unless_changed
    def destroy(self, request: Request, pk: str) -> Response:
        """With its deliveries; what still waits is not sent."""
        keeping.delete_webhook(self.get_object(), asked_by(request))
        return Response(status=204)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @idempotent
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a message that is tried once; read how it went in the delivery that is answered."""
        made = keeping.send_test(self.get_object(), asked_by(request))
        return _accepted(DeliverySerializer(made).data)

    @extend_schema(request=Since, responses={202: Redelivered})
    @idempotent
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> Response:
        """Send again what failed of what happened since then, the oldest first, each under its id; so many at once."""
        kept = self.get_object()
        asked = Since(data=request.data)
        asked.is_valid(raise_exception=True)
        sent, left = keeping.redeliver_failed(kept, asked.validated_data["since"], asked_by(request))
        headers = {"Location": f"/api/v1/deliveries/?webhook={kept.pk}&status=pending"}
        return Response({"deliveries": sent, "left": left}, status=202, headers=headers)

    @extend_schema(request=Overlap, responses=WebhookMade)
    @idempotent_with_secret
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret, shown in this answer only; for some hours both sign."""
        kept = self.get_object()
        asked = Overlap(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(hours=asked.validated_data["overlap_hours"])
        keeping.rotate_secret(kept, asked_by(request), overlap)
        kept.refresh_from_db()
        return Response(_shown_once(kept))


def _visible(rights: Rights, least: Role = Role.VIEWER) -> QuerySet[Webhook]:
    """Those of one's tenants; those of all tenants are platform administrators'."""
    rows = Webhook.objects.select_related("tenant", "created_by")
    return rows if rights.platform_admin else rows.filter(tenant__in=rights.tenants(least))


def _only_everywhere(request: Request, field: str) -> None:
    if "webhooks.everywhere" in Rights.of(request).everywhere():
        return
    detail = "Only a platform administrator keeps webhooks of all tenants."
    errors: list[FieldError] = [{"pointer": field, "code": "platform_admin_only", "detail": detail}]
    raise Problem(403, "platform_admin_only", detail, errors=errors)


def _shown_once(webhook: Webhook) -> dict[str, object]:
    """With the secret, if it is one of ours; the vendor's is known where it was copied from."""
    secret = webhook.secret if webhook.kind == WebhookKind.GENERIC else ""
    return {**WebhookSerializer(webhook).data, "secret": secret}


def _accepted(body: dict[str, object]) -> Response:
    return Response(body, status=202, headers={"Location": f"/api/v1/deliveries/{body['id']}/"})
