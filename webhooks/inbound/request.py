"""What a request may say of a hook and of its rules; every refusal with its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import Tenant
from ips.human_names import HumanNameField
from ips.problems import FieldError, Invalid, Problem
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm import references
from prewarm.announce import check_named
from prewarm.image_patterns import InvalidPattern
from prewarm.task_request import check_precedence
from prewarm.tenant_rules import check_pull_secrets
from webhooks.inbound.gathering import LONGEST_DEBOUNCE
from webhooks.inbound.matching import pattern_of
from webhooks.inbound.task_form import PushedTaskField
from webhooks.models import RegistryKind

MOST_RULES = 20


class HookRuleRequest(StrictFields):
    """Which pushes become a task, and what it asks for."""

    id = serializers.UUIDField(required=False, help_text="Of a rule that is there and shall stay the same rule.")
    name = HumanNameField(required=False, default="", allow_blank=True)
    repositories = serializers.CharField(max_length=255, help_text="team/app, team/*, team/**, or ** for all.")
    tags = serializers.CharField(required=False, default="*", max_length=128, help_text="1.4, v*, or * for all.")
    task = PushedTaskField(help_text="A task without tenant and images: its nodes and limits.")
    debounce_seconds = WholeNumberField(
        required=False,
        default=30,
        min_value=0,
        max_value=LONGEST_DEBOUNCE,
        help_text="How long to wait for a further push of the same tag before the task is made.",
    )
    pin = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Look afterwards whether nodes got the digest that was pushed, or the tag was moved meanwhile.",
    )
    enabled = serializers.BooleanField(required=False, default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for field, parts in (("repositories", (attrs["repositories"], "*")), ("tags", ("**", attrs["tags"]))):
            try:
                pattern_of(*parts)
            except InvalidPattern as wrong:
                raise serializers.ValidationError({field: str(wrong)}, "invalid") from wrong
        return attrs


class RegistryHookChange(StrictFields):
    """What is to be changed; what is not sent stays. `rules` are all of them."""

    name = HumanNameField(required=False)
    kind = serializers.ChoiceField(RegistryKind.choices, required=False)
    registry = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=260,
        help_text="The registry's host as workloads write it; empty where the registry tells it as they do.",
    )
    enabled = serializers.BooleanField(required=False)
    rules = HookRuleRequest(many=True, required=False, max_length=MOST_RULES)  # type: ignore[call-arg]  # of the list

    def validate_registry(self, value: str) -> str:
        if not value:
            return value
        text = f"{value[:60]!r} is no registry host. Write host or host:port, as workloads do."
        try:
            read = references.parse(f"{value}/a/b:1")
        except references.InvalidReference as wrong:
            raise serializers.ValidationError(text, "invalid") from wrong
        if read.path != "a/b":
            raise serializers.ValidationError(text, "invalid")
        return value


class RegistryHookRequest(RegistryHookChange):
    tenant = serializers.SlugField(max_length=63, default="", help_text="By default `default`.")
    name = HumanNameField()
    kind = serializers.ChoiceField(RegistryKind.choices)


class Rotation(StrictFields):
    """Which of its credentials are to be new."""

    token = serializers.BooleanField(default=False, help_text="A new address.")
    secret = serializers.BooleanField(default=True)
    overlap_hours = WholeNumberField(default=24, min_value=0, max_value=168, help_text="So long the old ones go on.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["token"] or attrs["secret"]):
            raise serializers.ValidationError({"secret": "Say what is to be new: token, secret, or both."}, "invalid")
        return attrs


class Trial(StrictFields):
    """A body as the registry would send it; without it an example of this kind of registry."""

    payload = serializers.JSONField(required=False)


def check_rules(rules: Sequence[Mapping[str, Any]], tenant: Tenant) -> None:
    """Refuse (422) what no task of this tenant may ask for, whatever is pushed. What depends on the image, and on how
    much the tenant has asked for by then, is looked at when the task is made.
    """
    for at, rule in enumerate(rules):
        form = rule["task"]
        try:
            check_pull_secrets(form.get("pull_secrets", []), tenant)
            check_named([UUID(one) for one in form.get("webhooks", [])], tenant)
            wish = {"priority": form.get("priority", 5), "urgent": form.get("urgent", False)}
            check_precedence({**wish, "priority": int(wish["priority"])}, tenant, may_be_urgent=False)
        except Problem as refused:
            errors: list[FieldError] = [
                {**error, "pointer": f"rules/{at}/task/{error['pointer']}"} for error in refused.errors
            ]
            raise Invalid(errors) from refused
