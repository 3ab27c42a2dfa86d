"""Hooks in the API."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent_with_secret
from accounts.models import Role
from accounts.permissions import Rights, asked_by, tenant_for
from ips.entity_tags import Tagged, unless_changed
from ips.pagination import NewestFirst
from ips.problems import Invalid
from ips.query import chosen, holding, only_known, ordered_by, ordering
from webhooks.delivery_views import UUID
from webhooks.inbound import keeping
from webhooks.inbound.kinds import NotUnderstood
from webhooks.inbound.request import RegistryHookChange, RegistryHookRequest, Rotation, Trial, check_rules
from webhooks.inbound.serializers import (
    ArrivalSerializer,
    RegistryHookMade,
    RegistryHookSerializer,
    Tried,
    arrivals_shown,
)
from webhooks.inbound.trying import try_out
from webhooks.models import Arrival, ArrivalOutcome, RegistryHook, RegistryKind

ORDER = ("name", "created_at", "changed_at")


class RegistryHookViewSet(Tagged, viewsets.GenericViewSet[RegistryHook]):
    """Where registries tell what was pushed. Operators see hooks; administrators of the tenant make and change them."""

    serializer_class = RegistryHookSerializer
    queryset = RegistryHook.objects.none()
    lookup_value_regex = UUID

    def get_queryset(self) -> QuerySet[RegistryHook]:
        mine = RegistryHook.objects.filter(tenant__in=Rights.of(self.request).tenants())
        return mine.select_related("tenant", "created_by").prefetch_related("rules")

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("kind", str, enum=RegistryKind.values, many=True),
            OpenApiParameter("enabled", bool),
            OpenApiParameter("search", str, description="In name and registry."),
            ordered_by(*ORDER),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "kind", "enabled", "search", "ordering")
        rows = self.get_queryset().filter(tenant__in=Rights.of(request).tenants(Role.OPERATOR))
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if kinds := chosen(request, "kind", RegistryKind.values):
            rows = rows.filter(kind__in=kinds)
        if enabled := chosen(request, "enabled", ["true", "false"]):
            rows = rows.filter(enabled__in=[text == "true" for text in enabled])
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name", "registry"))
        rows = rows.order_by(ordering(request, "name", *ORDER), "id")
        return self.get_paginated_response(RegistryHookSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=RegistryHookRequest, responses={201: RegistryHookMade})
    @idempotent_with_secret
    def create(self, request: Request) -> Response:
        """Make one. Its address and its secret are in this answer, and never shown again."""
        asked = RegistryHookRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        tenant = tenant_for(request, wish.pop("tenant"))
        check_rules(wish.get("rules", []), tenant)
        made, shown = keeping.make_hook(tenant, asked_by(request), wish)
        headers = {"Location": f"/api/v1/registry-hooks/{made.pk}/", "Cache-Control": "no-store"}
        return Response(_shown_once(request, made, shown), status=201, headers=headers)

    @extend_schema(request=RegistryHookChange, responses=RegistryHookSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named. `rules` are all of them: one that is not named is deleted."""
        kept = self.get_object()
        asked = RegistryHookChange(data=request.data)
        asked.is_valid(raise_exception=True)
        check_rules(asked.validated_data.get("rules", []), kept.tenant)
        keeping.change_hook(kept, asked_by(request), asked.validated_data)
        return Response(RegistryHookSerializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    @unless_changed
    def destroy(self, request: Request, pk: str) -> Response:
        """With its rules and all that arrived; pushes that still wait make no task."""
        keeping.delete_hook(self.get_object(), asked_by(request))
        return Response(status=204)

    @extend_schema(request=Rotation, responses=RegistryHookMade)
    @idempotent_with_secret
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret, a new address, or both, shown in this answer only; for some hours the old ones go on."""
        kept = self.get_object()
        asked = Rotation(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = asked.validated_data
        overlap = timedelta(hours=wish["overlap_hours"])
        by = asked_by(request)
        shown = keeping.rotate(kept, by, token=wish["token"], secret=wish["secret"], overlap=overlap)
        headers = {"Cache-Control": "no-store"}
        return Response(_shown_once(request, self.get_object(), shown), headers=headers)

    @extend_schema(request=Trial, responses=Tried)
    @action(detail=True, methods=["post"], url_path="try", url_name="try")
    def try_out(self, request: Request, pk: str) -> Response:
        """What would be made of a body as the registry sends it, rule by rule. Nothing is made."""
        kept = self.get_object()
        asked = Trial(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            return Response(Tried(try_out(kept, asked.validated_data.get("payload"))).data)
        except NotUnderstood as wrong:
            raise Invalid([{"pointer": "payload", "code": "not_understood", "detail": str(wrong)}]) from wrong

    @extend_schema(
        parameters=[OpenApiParameter("outcome", str, enum=ArrivalOutcome.values, many=True)],
        responses=ArrivalSerializer(many=True),
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=NewestFirst)
    def arrivals(self, request: Request, pk: str) -> Response:
        """What arrived, newest first: accepted, ignored and why, or refused; and what was made of it."""
        only_known(request, "outcome", "cursor")
        rows = Arrival.objects.filter(hook=self.get_object())
        if outcomes := chosen(request, "outcome", ArrivalOutcome.values):
            rows = rows.filter(outcome__in=outcomes)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(arrivals_shown(page))


def _shown_once(request: Request, hook: RegistryHook, shown: keeping.Shown) -> dict[str, object]:
    path = reverse("hook-receive", kwargs={"token": shown.token}) if shown.token else ""
    place = f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
    url = place if path else ""
    return {**RegistryHookSerializer(hook).data, "token": shown.token, "secret": shown.secret, "url": url}
