"""Who am I: what the UI needs to know about the user and the installation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.matrix import GRANTED
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


MAY = [permission.name for permission in GRANTED]


class May(serializers.ListField):
    """Names of what may be done, as in permissions.yaml."""

    child = serializers.ChoiceField(choices=MAY)


class MyMembershipSerializer(MembershipSerializer):
    may = May(help_text="What the role gives in this tenant.")


class MeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    username = serializers.CharField()
    is_platform_admin = serializers.BooleanField()
    may = May(help_text="What may be done in every tenant, and for the installation.")
    memberships = MyMembershipSerializer(many=True)
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
        "may": rights.everywhere(),
        "memberships": [
            {"tenant": tenant, "role": role, "may": rights.as_role(Role(role))}
            for tenant, role in joined.values_list("tenant__slug", "role")
        ],
        "installation": {**describe(), "version": version()},
        "intake": intake_for(rights),
    }
