"""How hooks, and what arrived at them, look in the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from webhooks.inbound.task_form import PushedTaskField
from webhooks.models import (
    Arrival,
    ArrivalOutcome,
    Gathering,
    GatheringStatus,
    HookRule,
    PinState,
    RegistryHook,
    RegistryKind,
)


class HookRuleSerializer(serializers.ModelSerializer[HookRule]):
    task = PushedTaskField(read_only=True)

    class Meta:
        model = HookRule
        fields = ("id", "name", "repositories", "tags", "task", "debounce_seconds", "pin", "enabled")
        read_only_fields = fields


class RegistryHookSerializer(serializers.ModelSerializer[RegistryHook]):
    """A hook. Of its token and its secret nothing is shown."""

    tenant = serializers.SlugRelatedField[RegistryHook]("slug", read_only=True)
    kind = serializers.ChoiceField(RegistryKind.choices)
    created_by = serializers.SlugRelatedField[RegistryHook]("username", read_only=True, allow_null=True)
    rules = HookRuleSerializer(many=True, read_only=True)

    class Meta:
        model = RegistryHook
        fields: tuple[str, ...] = (
            "id",
            "tenant",
            "name",
            "kind",
            "registry",
            "enabled",
            "rules",
            "old_token_until",
            "old_secret_until",
            "created_by",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields


class RegistryHookMade(RegistryHookSerializer):
    """A new hook, or one with a new token or secret, each shown this once; empty where it is the old one."""

    token = serializers.CharField(allow_blank=True)
    secret = serializers.CharField(allow_blank=True, help_text="What the registry sends in the header Authorization.")
    url = serializers.CharField(allow_blank=True, help_text="Where the registry sends to, with the token.")

    class Meta(RegistryHookSerializer.Meta):
        fields = (*RegistryHookSerializer.Meta.fields, "token", "secret", "url")
        read_only_fields = fields


class GatheringSerializer(serializers.ModelSerializer[Gathering]):
    """What came of pushes of one image by one rule: one task, or the words that say why there is none.

    `pin` tells of a rule that looks: whether nodes got the digest that was pushed.
    """

    rule = serializers.UUIDField(source="rule_id", allow_null=True)
    status = serializers.ChoiceField(GatheringStatus.choices)
    task = serializers.UUIDField(allow_null=True)
    pin = serializers.ChoiceField(PinState.choices, allow_blank=True)

    class Meta:
        model = Gathering
        fields = (
            "id",
            "rule",
            "image",
            "digest",
            "pushes",
            "status",
            "since",
            "due_at",
            "ended_at",
            "task",
            "code",
            "message",
            "pin",
        )
        read_only_fields = fields


class ArrivalSerializer(serializers.ModelSerializer[Arrival]):
    """What arrived, and what was made of it. Of what nothing follows from, one line tells of a minute (`times`)."""

    outcome = serializers.ChoiceField(ArrivalOutcome.choices)
    gatherings = serializers.SerializerMethodField()

    class Meta:
        model = Arrival
        fields = (
            "id",
            "at",
            "last_at",
            "times",
            "outcome",
            "reason",
            "message",
            "image",
            "digest",
            "address",
            "request_id",
            "gatherings",
        )
        read_only_fields = fields

    @extend_schema_field(GatheringSerializer(many=True))
    def get_gatherings(self, arrival: Arrival) -> list[dict[str, Any]]:
        found = self.context["gatherings"]
        return [found[pk] for pk in arrival.gatherings if pk in found]


def arrivals_shown(arrivals: Iterable[Arrival]) -> list[dict[str, Any]]:
    """With what each was gathered into, asked for once for all of them."""
    rows = list(arrivals)
    wanted = {pk for arrival in rows for pk in arrival.gatherings}
    found = Gathering.objects.filter(pk__in=wanted)
    gatherings = {str(one.pk): GatheringSerializer(one).data for one in found}
    return list(ArrivalSerializer(rows, many=True, context={"gatherings": gatherings}).data)


class Received(serializers.Serializer[Any]):
    """How many of the events came to what; why each, the hook's arrivals tell."""

    accepted = serializers.IntegerField()
    ignored = serializers.IntegerField()


class TriedRule(serializers.Serializer[Any]):
    """What one rule would make of an event."""

    rule = serializers.UUIDField()
    name = serializers.CharField()
    matches = serializers.BooleanField()
    allowed = serializers.BooleanField(help_text="Whether the tenant may ask for this task now.")
    message = serializers.CharField(allow_blank=True, help_text="Why not.")


class TriedEvent(serializers.Serializer[Any]):
    """What would be made of one event."""

    image = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(allow_blank=True)
    outcome = serializers.ChoiceField(ArrivalOutcome.choices)
    reason = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    rules = TriedRule(many=True)


class Tried(serializers.Serializer[Any]):
    payload = serializers.JSONField(help_text="What was tried.")
    events = TriedEvent(many=True)


class Notification(serializers.Serializer[Any]):
    """What a registry sends, in its own words: the distribution registry `events`, Harbor `type` and `event_data`."""

    events = serializers.ListField(child=serializers.DictField(), required=False)
    type = serializers.CharField(required=False)
    occur_at = serializers.IntegerField(required=False)
    event_data = serializers.DictField(required=False)
