"""API keys as the API shows them. The key itself is in the answer that makes it, and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any, cast

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import LASTS, LONGEST, OVERLAP, make_key, revoke_key, rotate_key
from accounts.idempotency import idempotent_with_secret
from accounts.models import ApiKey, Role, Scope, User
from accounts.permissions import Rights, asked_by, tenant_for
from ips.entity_tags import Tagged
from ips.human_names import HumanNameField
from ips.query import holding, only_known
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField

MOST_NETWORKS = 20


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key without its secret; `starts_with` and `last_four` tell it from others."""

    tenant = serializers.SlugRelatedField[ApiKey]("slug", read_only=True)
    owner = serializers.SlugRelatedField[ApiKey]("username", read_only=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    networks = serializers.ListField(child=serializers.CharField())
    starts_with = serializers.SerializerMethodField()

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "starts_with",
            "last_four",
            "tenant",
            "owner",
            "scopes",
            "networks",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "last_used_ip",
            "replaced_by",
        )
        read_only_fields = fields

    def get_starts_with(self, key: ApiKey) -> str:
        return f"ips_{key.key_id}_"


class NewApiKeySerializer(ApiKeySerializer):
    """The only answer that has the key itself."""

    key = serializers.SerializerMethodField(help_text="For the header: Authorization: Bearer <key>. Not shown again.")

    class Meta(ApiKeySerializer.Meta):
        fields = ("key", *ApiKeySerializer.Meta.fields)
        read_only_fields = fields

    def get_key(self, key: ApiKey) -> str:
        return cast(str, self.context["text"])


class Network(serializers.CharField):
    """A CIDR, or one address, as `10.0.0.0/8`."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return str(ip_network(super().to_internal_value(data)))
        except ValueError as error:
            raise serializers.ValidationError(f"This is no network like 10.0.0.0/8: {error}.") from error


class ApiKeyRequest(StrictFields):
    tenant = serializers.SlugField(max_length=63, default="", help_text="Where it works; by default `default`.")
    name = HumanNameField(help_text="What it is for.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices),
        default=[Scope.READ],
        max_length=len(Scope),
        help_text="read; tasks: make and move tasks, for operators; manage: everything else an admin may do.",
    )
    networks = serializers.ListField(
        child=Network(max_length=50), default=list, max_length=MOST_NETWORKS, help_text="Empty: from anywhere."
    )
    expires_in_days = WholeNumberField(default=LASTS.days, min_value=1, max_value=LONGEST.days)


class RotateRequest(StrictFields):
    overlap_hours = WholeNumberField(
        default=OVERLAP // timedelta(hours=1), min_value=0, max_value=24 * 30, help_text="How long the old one goes on."
    )


class ApiKeyViewSet(Tagged, viewsets.GenericViewSet[ApiKey]):
    """What programs sign in with. Everybody manages the own keys; an admin sees and revokes those of the tenant."""

    serializer_class = ApiKeySerializer
    queryset = ApiKey.objects.none()
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

    def get_queryset(self) -> QuerySet[ApiKey]:
        rights, user = Rights.of(self.request), cast(User, self.request.user)
        rows = ApiKey.objects.select_related("tenant", "owner").order_by("-created_at", "id")
        own = Q(owner=user, tenant__in=rights.tenants())
        return rows.filter(own if self.action == "rotate" else own | Q(tenant__in=rights.tenants(Role.ADMIN)))

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant", str),
            OpenApiParameter("search", str, description="In the name and the owner's."),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "tenant", "search")
        rows = self.get_queryset()
        if tenant := request.query_params.get("tenant"):
            rows = rows.filter(tenant__slug=tenant)
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "name", "owner__username"))
        return self.get_paginated_response(ApiKeySerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=ApiKeyRequest, responses={201: NewApiKeySerializer})
    @idempotent_with_secret
    def create(self, request: Request) -> Response:
        """Make a key of one's own. Its text is in this answer and never shown again."""
        asked = ApiKeyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = asked.validated_data
        tenant = tenant_for(request, wish["tenant"])
        key, text = make_key(
            cast(User, request.user),
            tenant,
            wish["name"],
            asked_by(request),
            scopes=wish["scopes"],
            networks=wish["networks"],
            lasts=timedelta(days=wish["expires_in_days"]),
        )
        return made(key, text)

    @extend_schema(request=RotateRequest, responses={201: NewApiKeySerializer})
    @idempotent_with_secret
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """A new key like this one; the old one goes on for some hours, so that nothing stands still."""
        key = self.get_object()
        asked = RotateRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        overlap = timedelta(hours=asked.validated_data["overlap_hours"])
        return made(*rotate_key(key, asked_by(request), overlap))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke: it opens nothing from the next request on. The row stays, for the record."""
        revoke_key(self.get_object(), asked_by(request))
        return Response(status=204)


def made(key: ApiKey, text: str) -> Response:
    body = NewApiKeySerializer(key, context={"text": text}).data
    headers = {"Location": f"/api/v1/api-keys/{key.pk}/", "Cache-Control": "no-store"}
    return Response(body, status=201, headers=headers)
