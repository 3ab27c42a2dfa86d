"""What a request may say of a tenant: its limits, nodes, images and secrets; every refusal with its field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ips.human_names import HumanNameField
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm import image_patterns, selectors
from prewarm.pull_windows import PullWindowsField
from prewarm.task_request import NamespaceField, NodeNameField

MOST, MOST_PATTERNS, MOST_SECRETS, MOST_NAMESPACES = 1_000_000_000, 100, 100, 100


class MostField(WholeNumberField):
    """A limit; null where the tenant has none of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "min_value": 0, "max_value": MOST, **options})


class PatternField(serializers.CharField):
    """A pattern of images, see prewarm.image_patterns."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            image_patterns.parse(text)
        except image_patterns.InvalidPattern as wrong:
            raise serializers.ValidationError(str(wrong), "invalid") from wrong
        return text


class TenantChange(StrictFields):
    """What is to be changed; null takes a rule away."""

    name = HumanNameField(required=False)
    max_priority = WholeNumberField(required=False, min_value=1, max_value=10)
    max_running_tasks = MostField(help_text="Tasks at once that are not over.")
    max_nodes_at_once = MostField(
        min_value=1, help_text="Nodes that its tasks pull on at once; null for what the settings say of all tenants."
    )
    max_pairs_per_day = MostField(help_text="Images × nodes that it may ask for in a day (UTC).")
    max_api_keys = MostField(help_text="API keys that are good at once; null for 50.")
    max_webhooks = MostField(help_text="Webhooks; null for 20.")
    max_schedules = MostField(help_text="Schedules; null for 50.")
    min_interval_seconds = MostField(help_text="The least time between two firings of a schedule; null for 60.")
    node_pool = serializers.CharField(
        required=False, allow_blank=True, help_text="A label selector of the nodes that it may use; empty for all."
    )
    allowed_images = serializers.ListField(
        child=PatternField(),
        required=False,
        allow_null=True,
        max_length=MOST_PATTERNS,
        help_text='Patterns of all that it may pull: ["registry.example.com/team/**"]; null for everything.',
    )
    denied_images = serializers.ListField(
        child=PatternField(),
        required=False,
        allow_null=True,
        max_length=MOST_PATTERNS,
        help_text="Patterns of what it may not pull, whatever is allowed.",
    )
    pull_secrets = serializers.ListField(
        child=NodeNameField(),
        required=False,
        allow_null=True,
        max_length=MOST_SECRETS,
        help_text="The pull secrets that its tasks may name; null for any.",
    )
    followed_namespaces = serializers.ListField(
        child=NamespaceField(),
        required=False,
        allow_null=True,
        max_length=MOST_NAMESPACES,
        help_text="The namespaces whose workloads its policies may follow; null for none.",
    )

    pull_windows = PullWindowsField(
        allow_null=True, help_text="When its pulls may start, and when not, within the windows of everybody."
    )

    def validate_node_pool(self, value: str) -> str:
        if value:
            try:
                selectors.parse(value)
            except selectors.InvalidSelector as wrong:
                raise serializers.ValidationError(str(wrong), "invalid") from wrong
        return value


class TenantRequest(TenantChange):
    slug = serializers.SlugField(max_length=63)


RULES: tuple[str, ...] = (
    "max_priority",
    "max_running_tasks",
    "max_nodes_at_once",
    "max_pairs_per_day",
    "max_api_keys",
    "max_webhooks",
    "max_schedules",
    "min_interval_seconds",
    "node_pool",
    "allowed_images",
    "denied_images",
    "pull_secrets",
    "pull_windows",
    "followed_namespaces",
)
