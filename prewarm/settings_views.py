"""The settings that may be changed while IPS runs, in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from ips.problems import Problem
from ips.request_id import current_request_id
from prewarm import live_settings
from prewarm.change_settings import ChangedMeanwhile, change_settings
from prewarm.clock import database_now
from prewarm.intake import intake
from prewarm.intake_view import IntakeSerializer
from prewarm.live_settings import LiveSettings
from prewarm.models import Limit, Setting
from prewarm.pull_windows import PullWindow
from prewarm.settings_request import SettingsRequest, WindowField


class Values(serializers.Serializer[dict[str, Any]]):
    """All settings, by name."""

    cap_cluster = serializers.IntegerField()
    cap_registry_host = serializers.IntegerField()
    cap_registry_hosts = serializers.DictField(child=serializers.IntegerField())
    cap_tenant = serializers.IntegerField()
    creates_per_second = serializers.IntegerField()
    deletes_per_second = serializers.IntegerField()
    intake_paused = serializers.BooleanField()
    intake_reason = serializers.CharField(allow_blank=True)
    windows = WindowField(many=True)
    time_zone = serializers.CharField()
    pull_windows = PullWindow(many=True)
    keep_tasks_days = serializers.IntegerField()
    keep_audit_days = serializers.IntegerField()
    keep_inventory_days = serializers.IntegerField()
    schedules_paused = serializers.BooleanField()


class Changed(serializers.Serializer[Setting]):
    """Who changed a setting last."""

    name = serializers.CharField()
    at = serializers.DateTimeField(source="changed_at")
    by = serializers.CharField(source="changed_by")


class Used(serializers.Serializer[Limit]):
    """A limit, what of it is taken now, and its cap."""

    name = serializers.CharField()
    used = serializers.IntegerField()
    cap = serializers.IntegerField()


class SettingsSerializer(Values):
    """What holds now, what would hold if nobody had changed it, and how much of each limit is taken."""

    defaults = Values()
    changed = Changed(many=True)
    intake = IntakeSerializer()
    limits = Used(many=True)


class SettingsView(APIView):
    """Caps, write rates, intake, windows, retention. Changes hold in every process within a few seconds."""

    @extend_schema(responses=SettingsSerializer)
    def get(self, request: Request) -> Response:
        return answer(live_settings.load())

    @extend_schema(
        request=SettingsRequest,
        responses=SettingsSerializer,
        parameters=[
            OpenApiParameter(
                "If-Match",
                str,
                OpenApiParameter.HEADER,
                description="The ETag of the answer that was read: 412 if somebody has changed a setting since.",
            )
        ],
    )
    def patch(self, request: Request) -> Response:
        """Change what is named; null brings a setting back to what the environment says. Every change is audited."""
        asked = SettingsRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        user, actor = request.user, request.user.get_username()
        try:
            live = change_settings(
                asked.validated_data,
                user=user,
                actor=actor,
                request_id=current_request_id(),
                read_version=read_version(request),
            )
        except ChangedMeanwhile as changed:
            text = "Somebody has changed the settings since you read them. Read them again, then say what to change."
            raise Problem(412, "changed_meanwhile", text) from changed
        return answer(live)


def read_version(request: Request) -> str:
    """The version that If-Match names; empty where it names none, or any."""
    named = request.headers.get("If-Match", "").strip()
    return "" if named == "*" else named.removeprefix("W/").strip('"')


def answer(live: LiveSettings) -> Response:
    return Response(shown(live), headers={"ETag": f'"{live_settings.version()}"'})


def shown(live: LiveSettings) -> dict[str, Any]:
    """The settings as the API shows them."""
    used = Limit.objects.exclude(name__startswith="rate:").order_by("name")
    return dict(
        SettingsSerializer(
            {
                **live.values(),
                "defaults": live_settings.defaults(),
                "changed": Setting.objects.order_by("name"),
                "intake": intake(database_now()),
                "limits": used,
            }
        ).data
    )
