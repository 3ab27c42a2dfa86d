"""Who am I: what the UI needs to know about the user and the installation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Role, User
from accounts.permissions import Rights
from ips.version import version
from prewarm.installation import describe
from prewarm.intake_view import IntakeForUserSerializer, intake_for


class InstallationSerializer(serializers.Serializer[Any]):
    simulated = serializers.BooleanField(help_text="True when the cluster is a simulation: nothing is really pulled.")
    cluster = serializers.CharField()
    kubernetes_version = serializers.CharField(allow_null=True)
    version = serializers.CharField(help_text="The version of IPS.")


class MembershipSerializer(serializers.Serializer[Any]):
    tenant = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)


class MeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    username = serializers.CharField()
    is_platform_admin = serializers.BooleanField()
    memberships = MembershipSerializer(many=True)
    installation = InstallationSerializer()
    intake = IntakeForUserSerializer()


def me(rights: Rights) -> dict[str, Any]:
    user = rights.user
    assert isinstance(user, User)
    joined = user.memberships.filter(tenant__in=rights.tenants()).order_by("tenant__slug")
    return {
        "id": str(user.pk),
        "username": user.username,
        "is_platform_admin": rights.platform_admin,
        "memberships": [
            {"tenant": tenant, "role": role} for tenant, role in joined.values_list("tenant__slug", "role")
        ],
        "installation": {**describe(), "version": version()},
        "intake": intake_for(rights),
    }
