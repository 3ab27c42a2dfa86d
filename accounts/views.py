"""Sign-in, sign-out, password and sessions."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import QuerySet
from django.middleware.csrf import rotate_token
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.audit import By
from accounts.credentials import give_cookie, session_from_cookie, take_cookie
from accounts.me import MeSerializer, me
from accounts.models import Session, User
from accounts.passwords import MAX_LENGTH, check_password
from accounts.permissions import Rights, asked_by
from accounts.reset_links import close_links, use_link
from accounts.sign_in import check_credentials, end_sessions, is_password_of, open_session
from accounts.tokens import token_for
from ips.problems import Conflict, Invalid
from ips.query import only_known
from ips.request_id import current_request_id
from ips.strict_fields import StrictFields


class LoginSerializer(StrictFields):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=MAX_LENGTH, trim_whitespace=False, write_only=True)
    cookie = serializers.BooleanField(
        default=False, help_text="True in a browser: the token comes as an httpOnly cookie instead of in the answer."
    )


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="For the header: Authorization: Bearer <token>.")
    expires_at = serializers.DateTimeField()
    user = MeSerializer()


class CookieSerializer(serializers.Serializer[Any]):
    user = MeSerializer()


class LoginView(APIView):
    """Sign in with name and password; get a token, or a cookie in a browser.

    Only JSON is read here, which no other site's form can send: that is what protects the sign-in from forgery.
    """

    authentication_classes = []

    @extend_schema(
        request=LoginSerializer,
        responses=PolymorphicProxySerializer(
            component_name="SignedIn",
            serializers=[TokenSerializer, CookieSerializer],
            resource_type_field_name=None,
        ),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        wanted = LoginSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        user = check_credentials(request._request, asked["username"], asked["password"])
        session = open_session(request._request, user)
        if not asked["cookie"]:
            return Response({"token": token_for(session), "expires_at": session.expires_at, "user": me(Rights(user))})
        if replaced := session_from_cookie(request._request):
            end_sessions(Session.objects.filter(pk=replaced.pk), By(user, user.get_username(), current_request_id()))
        response = Response({"user": me(Rights(user))})
        give_cookie(response, session)
        rotate_token(request._request)
        return response


class LogoutView(APIView):
    """Sign out. The token is worth nothing from this moment on, wherever it was copied to."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        end_sessions(Session.objects.filter(pk=_session(request).pk), asked_by(request))
        response = Response(status=204)
        take_cookie(response)
        return response


class MeView(APIView):
    """Who is signed in, with which roles, on what kind of installation."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(me(Rights.of(request)))


class PasswordSerializer(StrictFields):
    current = serializers.CharField(max_length=MAX_LENGTH, trim_whitespace=False, write_only=True)
    new = serializers.CharField(max_length=MAX_LENGTH, trim_whitespace=False, write_only=True)


class PasswordView(APIView):
    """Change the own password. All other sessions of the user end with it."""

    @extend_schema(request=PasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        wanted = PasswordSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        session = _session(request)
        user = session.user
        if not is_password_of(request._request, user, wanted.validated_data["current"]):
            raise Invalid([{"pointer": "current", "code": "bad_credentials", "detail": "This is not your password."}])
        change_password(user, wanted.validated_data["new"], asked_by(request), keep=session)
        return Response(status=204)


class ResetPasswordSerializer(StrictFields):
    token = serializers.CharField(max_length=100, write_only=True, help_text="What stands behind the # of the link.")
    new = serializers.CharField(max_length=MAX_LENGTH, trim_whitespace=False, write_only=True)


class ResetPasswordView(APIView):
    """Set the password by a one-time link. All sessions of the user end; sign in with the new one."""

    authentication_classes = []

    @extend_schema(request=ResetPasswordSerializer, responses={204: None}, auth=[])
    def post(self, request: Request) -> Response:
        wanted = ResetPasswordSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        use_link(wanted.validated_data["token"], wanted.validated_data["new"])
        return Response(status=204)


class SessionSerializer(serializers.ModelSerializer[Session]):
    current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ("id", "created_at", "last_seen_at", "expires_at", "ip", "user_agent", "current")

    def get_current(self, session: Session) -> bool:
        return session.pk == _session(self.context["request"]).pk


class SessionViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet[Session]):
    """Where I am signed in. Deleting a session signs that place out at once."""

    serializer_class = SessionSerializer
    queryset = Session.objects.none()

    def list(self, request: Request) -> Response:
        only_known(request)
        return super().list(request)

    def get_queryset(self) -> QuerySet[Session]:
        return Session.objects.alive().filter(user=cast(User, self.request.user)).order_by("-last_seen_at", "id")

    def perform_destroy(self, instance: Session) -> None:
        end_sessions(Session.objects.filter(pk=instance.pk), asked_by(self.request))

    @extend_schema(request=None, responses={204: None})
    @action(detail=False, methods=["post"], url_path="end-others")
    def end_others(self, request: Request) -> Response:
        """Sign out everywhere but here, at once."""
        here = _session(request)
        end_sessions(Session.objects.filter(user=here.user).exclude(pk=here.pk), asked_by(request))
        return Response(status=204)


def change_password(user: User, password: str, by: By, keep: Session | None = None) -> None:
    """Set the password if it is a good one (else 422 at `new`), and end reset links and all sessions but `keep`.

    Raises Conflict (409) when the password that was just proven is not the user's any more.
    """
    check_password(password, user, pointer="new")
    new = make_password(password)  # slow on purpose: not while others wait for the transaction
    with transaction.atomic():
        # Not save(), which would end the session that asks.
        if not User.objects.filter(pk=user.pk, password=user.password, is_active=True).update(password=new):
            raise Conflict("changed_meanwhile", "The password was set by another way just now. Sign in with that one.")
        close_links(user)
        others = Session.objects.filter(user=user)
        (others.exclude(pk=keep.pk) if keep else others).end()
        by.audit("user.password_set", user.get_username(), after={"by": "the user"})


def _session(request: Request) -> Session:
    # SessionAuthentication is the only way in, and permissions.yaml lets no API key come here.
    return cast(Session, request.auth)
