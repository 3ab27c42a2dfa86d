"""What a request may say of a policy: every field checked, every refusal with its field."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from ips.human_names import HumanNameField
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm import references, selectors
from prewarm.models import Puller
from prewarm.policies.workloads import KINDS
from prewarm.task_request import TARGETS, ImageField, NamespaceField, NodeNameField, checked

DAY = 86_400
MOST_NAMESPACES, MOST_LISTS = 50, 20


class FollowRequest(StrictFields):
    """Workloads to follow: their images, init containers included, on the nodes where their pods may run."""

    namespaces = serializers.ListField(
        child=NamespaceField(max_length=63),
        allow_empty=False,
        min_length=1,
        max_length=MOST_NAMESPACES,
        help_text="Of those that are attached to the tenant.",
    )
    selector = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="A label selector of workloads; empty for all."
    )
    kinds = serializers.ListField(
        child=serializers.ChoiceField(list(KINDS)),
        required=False,
        default=lambda: list(KINDS),
        allow_empty=False,
        min_length=1,
        max_length=len(KINDS),
        help_text="By default all kinds.",
    )

    def validate_namespaces(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_kinds(self, value: list[str]) -> list[str]:
        return [kind for kind in KINDS if kind in value]

    def validate_selector(self, value: str) -> str:
        return checked(selectors.parse, selectors.InvalidSelector, value) if value else value


class PolicyTaskRequest(StrictFields):
    """What a policy's tasks are asked for with; what is left out is as for any task."""

    include_cordoned = serializers.BooleanField(required=False)
    batch_size = WholeNumberField(required=False, min_value=1, max_value=500)
    concurrency = WholeNumberField(required=False, min_value=1, max_value=500)
    parallel_batches = WholeNumberField(required=False, min_value=1, max_value=100)
    timeout_seconds = WholeNumberField(required=False, min_value=10, max_value=7 * DAY)
    pull_timeout_seconds = WholeNumberField(required=False, min_value=5, max_value=DAY)
    max_attempts = WholeNumberField(required=False, min_value=1, max_value=20)
    retry_backoff_seconds = WholeNumberField(required=False, min_value=0, max_value=3600)
    pull_secrets = serializers.ListField(child=NodeNameField(), required=False, max_length=10)
    puller = serializers.ChoiceField(Puller.choices, required=False)
    webhooks = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=10)

    def validate_webhooks(self, value: list[Any]) -> list[str]:
        return list(dict.fromkeys(map(str, value)))


class PolicyChange(StrictFields):
    """What is to be changed. A target that is named takes the place of the one before."""

    name = HumanNameField(required=False)
    images = serializers.ListField(
        child=ImageField(max_length=references.MAX_LENGTH), required=False, max_length=settings.MAX_IMAGES
    )
    image_lists = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_LISTS,
        help_text="Ids of lists of the image library; what those have at each check counts.",
    )
    follow = FollowRequest(required=False, allow_null=True)
    node_selector = serializers.CharField(required=False, allow_blank=True)
    node_names = serializers.ListField(child=NodeNameField(), required=False, max_length=settings.MAX_NODES)
    all_nodes = serializers.BooleanField(required=False)
    settle_seconds = WholeNumberField(
        required=False, min_value=0, max_value=3600, help_text="How long a node is Ready before it is pulled on."
    )
    recheck_seconds = WholeNumberField(
        required=False, min_value=10, max_value=DAY, help_text="How often everything is looked at without news."
    )
    nodes_per_minute = WholeNumberField(
        required=False, min_value=1, max_value=10_000, help_text="The most nodes that it asks for in a minute."
    )
    priority = WholeNumberField(required=False, min_value=1, max_value=10)
    task = PolicyTaskRequest(required=False)

    def validate_images(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_image_lists(self, value: list[Any]) -> list[str]:
        return list(dict.fromkeys(map(str, value)))

    def validate_node_names(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_node_selector(self, value: str) -> str:
        return checked(selectors.parse, selectors.InvalidSelector, value) if value else value


class PolicyRequest(PolicyChange):
    """The body of POST policies/ and of the preview."""

    tenant = serializers.SlugField(max_length=63, default="", allow_blank=True, help_text="By default `default`.")
    name = HumanNameField()


class PolicyPreviewRequest(PolicyRequest):
    name = HumanNameField(required=False, default="preview")


BLANK: dict[str, Any] = {
    "images": [],
    "image_lists": [],
    "follow": None,
    "node_selector": "",
    "node_names": [],
    "all_nodes": False,
    "settle_seconds": 30,
    "recheck_seconds": 300,
    "nodes_per_minute": 60,
    "priority": 2,
    "task": {},
}
FIELDS = ("name", *BLANK)


def whole(wish: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """All fields, as they are after what is wished. Raises ValidationError for what does not go together."""
    kept = dict(BLANK if before is None else before)
    if any(name in wish for name in TARGETS):
        kept |= {name: BLANK[name] for name in TARGETS}
    after = kept | wish
    if not (after["images"] or after["image_lists"] or after["follow"]):
        text = "Name at least one image, like nginx:1.27, a list of the image library, or workloads to follow."
        raise serializers.ValidationError({"images": text}, "no_image")
    given = [name for name in TARGETS if after[name]]
    if len(given) > 1:
        text = f"Give one of node_selector, node_names and all_nodes, not {' and '.join(given)}."
        raise serializers.ValidationError({given[-1]: text}, "ambiguous_target")
    if not given:
        text = "Say which nodes: node_selector, node_names, or all_nodes: true."
        raise serializers.ValidationError({"node_selector": text}, "no_target")
    return after
