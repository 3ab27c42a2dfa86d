"""Users in the API: for platform administrators."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.validators import UnicodeUsernameValidator
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import people
from accounts.idempotency import idempotent_with_secret
from accounts.me import MembershipSerializer
from accounts.models import Session, User
from accounts.permissions import asked_by
from accounts.reset_links import make_link
from accounts.sign_in import end_sessions
from ips.entity_tags import Tagged, unless_changed
from ips.human_names import HumanNameField
from ips.query import chosen, holding, only_known
from ips.strict_fields import StrictFields

UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


class UserSerializer(serializers.ModelSerializer[User]):
    """Somebody who works with IPS, and where."""

    email = serializers.CharField(read_only=True)  # or empty, which an EmailField's schema denies
    memberships = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields: tuple[str, ...] = (
            "id",
            "username",
            "email",
            "first_name",
            "last_name",
            "is_active",
            "is_platform_admin",
            "memberships",
            "last_login",
            "date_joined",
        )
        read_only_fields = fields

    @extend_schema_field(MembershipSerializer(many=True))
    def get_memberships(self, user: User) -> list[dict[str, str]]:
        return [{"tenant": member.tenant.slug, "role": member.role} for member in user.memberships.all()]


class UserChange(StrictFields):
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    first_name = HumanNameField(required=False, allow_blank=True)
    last_name = HumanNameField(required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    is_platform_admin = serializers.BooleanField(required=False)


class UserRequest(StrictFields):
    username = serializers.CharField(max_length=150, validators=[UnicodeUsernameValidator()])
    email = serializers.EmailField(default="", allow_blank=True, max_length=254)
    first_name = HumanNameField(default="", allow_blank=True)
    last_name = HumanNameField(default="", allow_blank=True)
    is_platform_admin = serializers.BooleanField(default=False)


class ResetLinkSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="Opens a page where the user sets a password; once, and not shown again.")
    expires_at = serializers.DateTimeField()


class NewUserSerializer(UserSerializer):
    reset_url = serializers.SerializerMethodField(help_text="Where the new user sets a password; not shown again.")

    class Meta(UserSerializer.Meta):
        fields = ("reset_url", *UserSerializer.Meta.fields)
        read_only_fields = fields

    def get_reset_url(self, user: User) -> str:
        return cast(str, self.context["url"])


class UserViewSet(Tagged, viewsets.GenericViewSet[User]):
    """Everybody who may sign in. Users are disabled, never deleted: what they did stays theirs."""

    serializer_class = UserSerializer
    queryset = User.objects.prefetch_related("memberships__tenant").order_by("username")
    lookup_value_regex = UUID

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="In name, address and username."),
            OpenApiParameter("active", str, enum=["true", "false"]),
        ]
    )
    def list(self, request: Request) -> Response:
        only_known(request, "search", "active")
        rows = self.get_queryset()
        if active := chosen(request, "active", ["true", "false"]):
            rows = rows.filter(is_active=active[-1] == "true")
        if search := request.query_params.get("search", "")[:200]:
            rows = rows.filter(holding(search, "username", "email", "first_name", "last_name"))
        return self.get_paginated_response(UserSerializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(request=UserRequest, responses={201: NewUserSerializer})
    @idempotent_with_secret
    def create(self, request: Request) -> Response:
        """A user without a password; give the link in this answer to whom it is."""
        asked = UserRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = dict(asked.validated_data)
        user, path = people.create_user(
            wish.pop("username"), asked_by(request), platform_admin=wish.pop("is_platform_admin"), **wish
        )
        body = NewUserSerializer(user, context={"url": request.build_absolute_uri(path)}).data
        return Response(body, 201, headers={"Location": f"/api/v1/users/{user.pk}/", "Cache-Control": "no-store"})

    @extend_schema(request=UserChange, responses=UserSerializer)
    @unless_changed
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named. Who is disabled is signed out everywhere at once."""
        user = self.get_object()
        asked = UserChange(data=request.data)
        asked.is_valid(raise_exception=True)
        user = people.change_user(user, asked.validated_data, asked_by(request))
        return Response(UserSerializer(user).data)

    @extend_schema(request=None, responses={201: ResetLinkSerializer})
    @idempotent_with_secret
    @action(detail=True, methods=["post"], url_path="reset-link")
    def reset_link(self, request: Request, pk: str) -> Response:
        """A link by which this user sets a new password, once, within a day. Earlier ones open nothing any more."""
        link, path = make_link(self.get_object(), asked_by(request))
        body = {"url": request.build_absolute_uri(path), "expires_at": link.expires_at}
        return Response(ResetLinkSerializer(body).data, status=201, headers={"Cache-Control": "no-store"})

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="end-sessions")
    def end_sessions(self, request: Request, pk: str) -> Response:
        """Sign this user out everywhere, at once. API keys go on."""
        end_sessions(Session.objects.filter(user=self.get_object()), asked_by(request))
        return Response(status=204)
