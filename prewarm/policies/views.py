"""Policies in the API."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.idempotency import idempotent
from accounts.permissions import Rights, asked_by, tenant_for
from ips.entity_tags import Tagged, unless_changed
from ips.query import chosen, holding, only_known, ordered_by, ordering
from prewarm.models import Policy, PolicyNode, PolicyState
from prewarm.policies import answers, keeping
from prewarm.policies.request import PolicyChange, PolicyPreviewRequest, PolicyRequest, whole
from prewarm.policies.serializers import (
    STATUS,
    MissingNodeSchema,
    PolicyPreview,
    PolicySerializer,
    WorkloadsAnswer,
)

ORDER = ("name", "created_at", "changed_at", "state_since")


class PolicyViewSet(Tagged, viewsets.GenericViewSet[Policy]):
    """Policies: images that stay warm on nodes as these come, go and lose them."""

    serializer_class = PolicySerializer
    queryset = Policy.objects.none()
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    passing = STATUS

    def get_queryset(self) -> QuerySet[Policy]:
        return Rights.of(self.request).among(Policy.objects.select_related("tenant", "created_by"))

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("state", str, many=True, enum=PolicyState.values),
            OpenApiParameter("paused", bool),
            OpenApiParameter("search", str, description="In name and images."),
            ordered_by(*ORDER),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "state", "paused", "search", "ordering")
        rows = self.get_queryset().defer("followed", "wanted", "unabsorbed", "asked")
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if states := chosen(request, "state", PolicyState.values):
            rows = rows.filter(state__in=states)
        if paused := set(chosen(request, "paused", ["true", "false"])):
            rows = rows if len(paused) == 2 else rows.filter(paused_at__isnull=paused == {"false"})
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name", "images"))
        rows = rows.order_by(ordering(request, "name", *ORDER), "id")
        return self.get_paginated_response(PolicySerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=PolicyRequest, responses={201: PolicySerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        asked = PolicyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = plain(asked.validated_data)
        made = keeping.make_policy(tenant_for(request, wish.pop("tenant")), asked_by(request), wish)
        return Response(PolicySerializer(made).data, 201, headers={"Location": f"/api/v1/policies/{made.pk}/"})

    @extend_schema(request=PolicyChange, responses=PolicySerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named; what its tasks are at goes on. One of the targets takes the place of the one before."""
        kept = self.get_object()
        asked = PolicyChange(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(
            PolicySerializer(keeping.change_policy(kept, asked_by(request), plain(asked.validated_data))).data
        )

    @extend_schema(responses={204: None})
    @unless_changed
    def destroy(self, request: Request, pk: str) -> Response:
        """Its tasks stay, and go on to their end."""
        keeping.delete_policy(self.get_object(), asked_by(request))
        return Response(status=204)

    @extend_schema(request=PolicyPreviewRequest, responses=PolicyPreview)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What a policy would cover, before there is one."""
        asked = PolicyPreviewRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = plain(asked.validated_data)
        tenant = tenant_for(request, wish.pop("tenant"))
        values = whole(wish)
        keeping.permit(values, tenant)
        return Response(PolicyPreview(answers.preview(values, tenant)).data)

    @extend_schema(request=None, responses=PolicySerializer)
    @idempotent
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Ask for nothing more. What its tasks are at goes on."""
        return Response(PolicySerializer(keeping.pause(self.get_object(), asked_by(request))).data)

    @extend_schema(request=None, responses=PolicySerializer)
    @idempotent
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        return Response(PolicySerializer(keeping.resume(self.get_object(), asked_by(request))).data)

    @extend_schema(request=None, responses={202: PolicySerializer})
    @idempotent
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Look at its nodes, and read its workloads anew, within seconds; `checked_at` tells when that was done."""
        kept = keeping.check_now(self.get_object(), asked_by(request))
        headers = {"Location": f"/api/v1/policies/{kept.pk}/"}
        return Response(PolicySerializer(kept).data, status=202, headers=headers)

    @extend_schema(
        responses=MissingNodeSchema(many=True),
        parameters=[OpenApiParameter("search", str, description="In the node's name.")],
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def missing(self, request: Request, pk: str) -> Response:
        """The nodes that are not covered, and what is missing there: since when, and why."""
        only_known(request, "search")
        policy = self.get_object()
        rows = PolicyNode.objects.filter(policy=policy, open=True).order_by("node")
        if search := request.query_params.get("search", "")[:253]:
            rows = rows.filter(holding(search, "node"))
        page: Any = self.paginate_queryset(cast(Any, rows))
        told: Any = answers.missing(policy, list(page or ()))
        return self.get_paginated_response(MissingNodeSchema(told, many=True).data)

    @extend_schema(responses=WorkloadsAnswer)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def workloads(self, request: Request, pk: str) -> Response:
        """The workloads that it follows, as they were last read; empty for a policy that follows none."""
        only_known(request)
        return Response(WorkloadsAnswer(answers.followed(self.get_object())).data)


def plain(data: Any) -> dict[str, Any]:
    """What was validated as the policy keeps it: plain JSON."""
    return {name: plain(value) if isinstance(value, dict) else value for name, value in data.items()}
