"""How webhooks and deliveries look in the API."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ips.outbound import OutboundError
from ips.outbound.target import target_of
from prewarm.clock import database_now
from webhooks.kinds import KINDS
from webhooks.letters import Letter
from webhooks.models import Delivery, DeliveryAttempt, DeliveryStatus, Language, Webhook, WebhookKind


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook. Its address is a credential: of it only the host and the last characters are shown."""

    tenant = serializers.SlugRelatedField[Webhook](
        "slug", read_only=True, allow_null=True, help_text="Null: it hears of all tenants."
    )
    kind = serializers.ChoiceField(WebhookKind.choices)
    language = serializers.ChoiceField(Language.choices)
    url = serializers.SerializerMethodField()
    has_secret = serializers.SerializerMethodField()
    at_mobiles = serializers.ListField(child=serializers.CharField())
    events = serializers.ListField(child=serializers.CharField())
    schedules = serializers.ListField(child=serializers.UUIDField())
    created_by = serializers.SlugRelatedField[Webhook]("username", read_only=True, allow_null=True)

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = (
            "id",
            "tenant",
            "name",
            "kind",
            "url",
            "has_secret",
            "old_secret_until",
            "language",
            "keyword",
            "at_mobiles",
            "events",
            "only_failures",
            "named_only",
            "schedules",
            "selector",
            "enabled",
            "disabled_at",
            "disabled_reason",
            "failing_since",
            "created_by",
            "created_at",
            "changed_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.CharField)
    def get_url(self, webhook: Webhook) -> str:
        return masked(webhook.url)

    @extend_schema_field(serializers.BooleanField)
    def get_has_secret(self, webhook: Webhook) -> bool:
        return bool(webhook.secret)


class WebhookMade(WebhookSerializer):
    """A new webhook, or one with a new secret, which is shown this once."""

    secret = serializers.CharField(help_text="Empty where the vendor has it.", allow_blank=True)

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[DeliveryAttempt]):
    """One try. `answer` is the beginning of what came back, for who may see it; else null."""

    answer = serializers.SerializerMethodField()
    headers = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = DeliveryAttempt
        fields = (
            "number",
            "started_at",
            "milliseconds",
            "together",
            "headers",
            "status",
            "code",
            "message",
            "answer",
            "listed",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_answer(self, attempt: DeliveryAttempt) -> str | None:
        may_see = self.context["sees_inside"] if attempt.listed else self.context["sees_answers"]
        return attempt.answer if may_see else None


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A delivery as lists show it. `id` is its `webhook-id`; `due_at` is its next try."""

    webhook = serializers.UUIDField(source="webhook_id")
    webhook_name = serializers.CharField(source="webhook.name")
    kind = serializers.ChoiceField(WebhookKind.choices, source="webhook.kind")
    tenant = serializers.SlugRelatedField[Delivery](
        "slug", read_only=True, allow_null=True, help_text="Where it happened."
    )
    status = serializers.ChoiceField(DeliveryStatus.choices)

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id",
            "webhook",
            "webhook_name",
            "kind",
            "tenant",
            "event",
            "about",
            "task",
            "text",
            "sequence",
            "status",
            "code",
            "message",
            "attempts",
            "at",
            "due_at",
            "finished_at",
        )
        read_only_fields = fields


class DeliveryDetail(DeliverySerializer):
    """With every try, and the request's body as it goes out when this delivery is told alone."""

    tried = AttemptSerializer(many=True)
    request = serializers.SerializerMethodField()

    class Meta(DeliverySerializer.Meta):
        fields = (*DeliverySerializer.Meta.fields, "tried", "request")
        read_only_fields = fields

    @extend_schema_field(serializers.JSONField)
    def get_request(self, delivery: Delivery) -> Any:
        if not delivery.body:
            return None
        post = KINDS[delivery.webhook.kind].post(delivery.webhook, [Letter.of(delivery)], database_now())
        return json.loads(post.body)


class Redelivered(serializers.Serializer[Any]):
    """How many are sent again now, and how many more there are: ask once more for those."""

    deliveries = serializers.IntegerField()
    left = serializers.IntegerField()


def masked(url: str) -> str:
    try:
        return f"{target_of(url).origin}/…{url[-4:]}"
    except OutboundError:
        return "…"
