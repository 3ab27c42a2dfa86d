"""What a rule asks for besides the image: a task without its images, kept as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Tenant
from prewarm.models import PullPolicy
from prewarm.task_request import TARGETS, TaskRequest, permitted


class PushedTask(TaskRequest):
    """The body of POST tasks/ without tenant and images: the tenant is the hook's, the image is the one pushed.

    The tag is asked for again wherever it is already (`pull_policy` Always), unless the rule says otherwise.
    """

    tenant = None  # type: ignore[assignment]  # takes the field away
    images = None  # type: ignore[assignment]
    image_lists = None  # type: ignore[assignment]
    pull_policy = serializers.ChoiceField(
        PullPolicy.choices,
        required=False,
        default=PullPolicy.ALWAYS,
        help_text="What a node has under the tag may be what it stood for before the push.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [field for field in TARGETS if attrs[field]]
        if len(given) > 1:
            text = f"Give one of node_selector, node_names and all_nodes, not {' and '.join(given)}."
            raise serializers.ValidationError({given[-1]: text}, "ambiguous_target")
        if not given:
            text = "Say which nodes: node_selector, node_names, or all_nodes: true."
            raise serializers.ValidationError({"node_selector": text}, "no_target")
        return attrs


@extend_schema_field(PushedTask)
class PushedTaskField(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """Checked whole, kept as it was written: what is left out is what it is by default when the task is made."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        asked = PushedTask(data=data)
        asked.is_valid(raise_exception=True)
        return {name: _plain(value) for name, value in asked.validated_data.items() if name in data}

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


def wish_for(form: Mapping[str, Any], image: str, tenant: Tenant) -> dict[str, Any]:
    """What is asked for when this image was pushed, as far as the tenant may ask for it now.

    Raises ValidationError, Invalid (422) or Problem (403) with what is wrong.
    """
    asked = PushedTask(data=dict(form))
    asked.is_valid(raise_exception=True)
    wish = {**asked.validated_data, "images": [image], "image_lists": []}
    return permitted(wish, tenant, may_be_urgent=False)


def _plain(value: Any) -> Any:
    return [str(one) if isinstance(one, UUID) else one for one in value] if isinstance(value, list) else value
