"""Tenants and who belongs to them, in the API."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import people
from accounts.idempotency import idempotent
from accounts.models import Membership, Role, Tenant, User
from accounts.permissions import Rights, asked_by, tenant_for
from accounts.tenant_request import RULES, TenantChange, TenantRequest
from accounts.tenant_usage import TenantUsage, usage
from ips.entity_tags import Tagged, unless_changed
from ips.problems import Invalid
from ips.query import chosen, holding, only_known
from ips.strict_fields import StrictFields

UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


class TenantSerializer(serializers.ModelSerializer[Tenant]):
    """A tenant and its rules; where one is null, the tenant has none of its own."""

    allowed_images = serializers.ListField(child=serializers.CharField(), allow_null=True)
    denied_images = serializers.ListField(child=serializers.CharField(), allow_null=True)
    pull_secrets = serializers.ListField(child=serializers.CharField(), allow_null=True)
    followed_namespaces = serializers.ListField(child=serializers.CharField(), allow_null=True)

    class Meta:
        model = Tenant
        fields = ("id", "slug", "name", *RULES, "created_at")
        read_only_fields = fields


class TenantViewSet(Tagged, viewsets.GenericViewSet[Tenant]):
    """Teams. Members see their own; platform administrators see, make and change all."""

    serializer_class = TenantSerializer
    queryset = Tenant.objects.none()
    lookup_value_regex = UUID

    def get_queryset(self) -> QuerySet[Tenant]:
        return Rights.of(self.request).tenants().order_by("slug")

    @extend_schema(parameters=[OpenApiParameter("search", str, description="In slug and name.")])
    def list(self, request: Request) -> Response:
        only_known(request, "search")
        rows = self.get_queryset()
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "slug", "name"))
        return self.get_paginated_response(TenantSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(responses=TenantUsage)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def usage(self, request: Request, pk: str) -> Response:
        """What the tenant has of each limit now."""
        only_known(request)
        return Response(TenantUsage(usage(self.get_object())).data)

    @extend_schema(request=TenantRequest, responses={201: TenantSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        asked = TenantRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        tenant = people.create_tenant(wish.pop("slug"), asked_by(request), **wish)
        return Response(TenantSerializer(tenant).data, 201, headers={"Location": f"/api/v1/tenants/{tenant.pk}/"})

    @extend_schema(request=TenantChange, responses=TenantSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        tenant = self.get_object()
        asked = TenantChange(data=request.data)
        asked.is_valid(raise_exception=True)
        tenant = people.change_tenant(tenant, asked.validated_data, asked_by(request))
        return Response(TenantSerializer(tenant).data)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    tenant = serializers.SlugRelatedField[Membership]("slug", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    active = serializers.BooleanField(source="user.is_active", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "tenant", "username", "active", "role")
        read_only_fields = fields


class RoleChange(StrictFields):
    role = serializers.ChoiceField(Role.choices)


class MemberRequest(RoleChange):
    tenant = serializers.SlugField(max_length=63, default="")
    username = serializers.CharField(max_length=150)


class MembershipViewSet(Tagged, viewsets.GenericViewSet[Membership]):
    """Who belongs to a tenant, in which role: for its admins."""

    serializer_class = MemberSerializer
    queryset = Membership.objects.none()
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Membership]:
        tenants = Rights.of(self.request).tenants()
        return Membership.objects.filter(tenant__in=tenants).select_related("tenant", "user").order_by("id")

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("role", str, many=True, enum=Role.values),
            OpenApiParameter("search", str, description="In the username."),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "role", "search")
        rows = self.get_queryset().filter(tenant__in=Rights.of(request).tenants(Role.ADMIN))
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if roles := chosen(request, "role", Role.values):
            rows = rows.filter(role__in=roles)
        if search := request.query_params.get("search", "")[:150]:
            rows = rows.filter(holding(search, "user__username"))
        return self.get_paginated_response(MemberSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=MemberRequest, responses={201: MemberSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Take somebody who has an account into the tenant."""
        asked = MemberRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = asked.validated_data
        tenant = tenant_for(request, wish["tenant"])
        user = User.objects.filter(username=wish["username"]).first()
        if user is None:
            detail = "There is no such user. A platform administrator makes accounts."
            raise Invalid([{"pointer": "username", "code": "not_found", "detail": detail}])
        member = people.join(tenant, user, Role(wish["role"]), asked_by(request))
        headers = {"Location": f"/api/v1/memberships/{member.pk}/"}
        return Response(MemberSerializer(member).data, status=201, headers=headers)

    @extend_schema(request=RoleChange, responses=MemberSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        member = self.get_object()
        asked = RoleChange(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        if asked.validated_data:
            member = people.change_role(member, Role(asked.validated_data["role"]), asked_by(request))
        return Response(MemberSerializer(member).data)

    @extend_schema(responses={204: None})
    @unless_changed
    def destroy(self, request: Request, pk: str) -> Response:
        people.leave(self.get_object(), asked_by(request))
        return Response(status=204)
