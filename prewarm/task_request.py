"""What a task may ask for: every field checked, every refusal with its field and its remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Tenant
from ips.human_names import HumanNameField
from ips.problems import FieldError, Invalid, Problem
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm import names, references, selectors
from prewarm.announce import check_named
from prewarm.image_lists import images_of
from prewarm.models import Node, Puller, PullPolicy
from prewarm.tenant_rules import check_images, check_pull_secrets

_FAILURE_LIMIT = re.compile(r"(?:[1-9][0-9]{0,4}|(?:[1-9][0-9]?|100)%)?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
TARGETS = ("node_selector", "node_names", "all_nodes")


class ImageField(serializers.CharField):
    """An image reference by the grammar of distribution/reference."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return checked(references.parse, references.InvalidReference, text)


class NodeNameField(serializers.CharField):
    """A node's or a secret's name: a DNS-1123 subdomain."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not names.is_node_name(text):
            raise serializers.ValidationError(
                f"{text[:60]!r} is no Kubernetes name: lower-case letters, digits, - and . (at most 253).",
                "invalid_name",
            )
        return text


class NamespaceField(serializers.CharField):
    """A namespace's name: a DNS-1123 label."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _LABEL.fullmatch(text):
            raise serializers.ValidationError(
                f"{text[:60]!r} is no namespace: lower-case letters, digits and - (at most 63).", "invalid_name"
            )
        return text


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class FailureLimitField(serializers.Field[str, Any, str, Any]):
    """A count, as a number too, or a percentage; empty for none."""

    def to_internal_value(self, data: Any) -> str:
        text = str(data).strip()
        if isinstance(data, bool) or not isinstance(data, str | int) or not _FAILURE_LIMIT.fullmatch(text):
            raise serializers.ValidationError("Write a number of nodes, like 5, or a percentage, like 10%.", "invalid")
        return text

    def to_representation(self, value: str) -> str:
        return value


class TaskRequest(StrictFields):
    """The body of POST tasks/ and of the preview."""

    tenant = serializers.SlugField(required=False, default="", allow_blank=True)
    name = HumanNameField(required=False, default="", allow_blank=True)
    images = serializers.ListField(child=ImageField(max_length=references.MAX_LENGTH), required=False, default=list)
    image_lists = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=20,
        help_text="Ids of lists of the image library; their images come after `images`.",
    )
    node_selector = serializers.CharField(required=False, default="", allow_blank=True, trim_whitespace=True)
    node_names = serializers.ListField(child=NodeNameField(), required=False, default=list)
    all_nodes = serializers.BooleanField(required=False, default=False)
    include_cordoned = serializers.BooleanField(required=False, default=False)
    batch_size = WholeNumberField(required=False, default=10, min_value=1, max_value=500)
    concurrency = WholeNumberField(required=False, default=5, min_value=1, max_value=500)
    parallel_batches = WholeNumberField(required=False, default=1, min_value=1, max_value=100)
    priority = WholeNumberField(required=False, default=5, min_value=1, max_value=10)
    urgent = serializers.BooleanField(
        required=False, default=False, help_text="Before all others; for platform administrators."
    )
    timeout_seconds = WholeNumberField(
        required=False,
        allow_null=True,
        default=None,
        min_value=10,
        max_value=7 * 86400,
        help_text="Without it: three times the estimate, at least 1800.",
    )
    pull_timeout_seconds = WholeNumberField(required=False, default=900, min_value=5, max_value=86400)
    max_attempts = WholeNumberField(required=False, default=3, min_value=1, max_value=20)
    retry_backoff_seconds = WholeNumberField(required=False, default=30, min_value=0, max_value=3600)
    pull_policy = serializers.ChoiceField(PullPolicy.choices, required=False, default=PullPolicy.IF_NOT_PRESENT)
    pull_secrets = serializers.ListField(child=NodeNameField(), required=False, default=list, max_length=10)
    failure_limit = FailureLimitField(required=False, default="")
    first_wave = WholeNumberField(required=False, default=0, min_value=0, max_value=100)
    strict_waves = serializers.BooleanField(required=False, default=False)
    allow_skipped = serializers.BooleanField(required=False, default=False)
    puller = serializers.ChoiceField(Puller.choices, required=False, default=Puller.AUTO)
    webhooks = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        max_length=10,
        help_text="Ids of webhooks that are told of this task, whatever schedules and selector they are for.",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        sizes = {"images": settings.MAX_IMAGES, "node_names": settings.MAX_NODES}
        for field, most in sizes.items():  # before any item is looked at
            if isinstance(data, dict) and isinstance(data.get(field), list) and len(data[field]) > most:
                raise serializers.ValidationError(
                    {field: f"{len(data[field])} entries; at most {most} are possible. Make several tasks."},
                    "too_many",
                )
        return super().to_internal_value(data)

    def validate_node_names(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_node_selector(self, value: str) -> str:
        return checked(selectors.parse, selectors.InvalidSelector, value) if value else value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["images"] or attrs["image_lists"]):
            text = "Name at least one image, like nginx:1.27, or a list of the image library (image_lists)."
            raise serializers.ValidationError({"images": text}, "no_image")
        self._check_target(attrs)
        return attrs

    def _check_target(self, attrs: dict[str, Any]) -> None:
        given = [field for field in TARGETS if attrs[field]]
        if len(given) == 1:
            return
        if given:
            text = f"Give one of node_selector, node_names and all_nodes, not {' and '.join(given)}."
            raise serializers.ValidationError({given[-1]: text}, "ambiguous_target")
        if "node_selector" in self.initial_data:
            text = (
                "An empty selector would mean every node. Say so with all_nodes: true, or name a label, like pool=gpu."
            )
            raise serializers.ValidationError({"node_selector": text}, "empty_selector")
        text = "Say which nodes: node_selector, node_names, or all_nodes: true."
        raise serializers.ValidationError({"node_selector": text}, "no_target")


def permitted(wish: Mapping[str, Any], tenant: Tenant, *, may_be_urgent: bool) -> dict[str, Any]:
    """The wish with the images of the tenant's lists that it names written out, each image once.

    Raises Invalid (422), naming it, for whatever this tenant may not ask for; see also `check_precedence`.
    """
    named = _named_images(wish, tenant)
    full = {name: value for name, value in wish.items() if name != "image_lists"} | {"images": list(named)}
    check_size(full, tenant)
    check_images(named, tenant)
    check_pull_secrets(full["pull_secrets"], tenant)
    full["webhooks"] = check_named(full["webhooks"], tenant)
    check_precedence(full, tenant, may_be_urgent=may_be_urgent)
    return full


def _named_images(wish: Mapping[str, Any], tenant: Tenant) -> dict[str, str]:
    """Every image, and where the request names it first: `images/0`, `image_lists/1`."""
    named: dict[str, str] = {}
    for at, image in enumerate(wish["images"]):
        named.setdefault(image, f"images/{at}")
    for at, images in enumerate(images_of(wish["image_lists"], tenant)):
        for image in images:
            named.setdefault(image, f"image_lists/{at}")
    return named


def check_size(wish: Mapping[str, Any], tenant: Tenant) -> None:
    """Refuse (ValidationError) more images, nodes or pairs than one task may have."""
    images = len(wish["images"])
    if images > settings.MAX_IMAGES:
        text = f"{images} images; at most {settings.MAX_IMAGES} are possible. Make several tasks."
        raise serializers.ValidationError({"images": text}, "too_many")
    nodes = len(wish["node_names"]) or Node.objects.count()
    if nodes > settings.MAX_NODES or nodes * images > settings.MAX_PAIRS:  # only then it is worth looking at each
        nodes = count_nodes(wish, tenant)
    if nodes > settings.MAX_NODES:
        field = next(field for field in TARGETS if wish[field])
        text = f"{nodes} nodes; at most {settings.MAX_NODES} are possible. Make several tasks."
        raise serializers.ValidationError({field: text}, "too_many_nodes")
    pairs = nodes * images
    if pairs > settings.MAX_PAIRS:
        text = f"{images} images on {nodes} nodes are {pairs} pairs; {settings.MAX_PAIRS} are possible."
        raise serializers.ValidationError({"images": f"{text} Make several tasks."}, "too_many_pairs")


def count_nodes(wish: Mapping[str, Any], tenant: Tenant) -> int:
    """How many nodes this asks for: as many as it names, or as there are in the tenant's pool and match."""
    if wish["node_names"]:
        return len(wish["node_names"])
    wanted = [selectors.parse(text) for text in (wish["node_selector"], tenant.node_pool) if text]
    if not wanted:
        return Node.objects.count()
    labels = Node.objects.values_list("labels", flat=True).iterator()
    return sum(all(selector.matches(one) for selector in wanted) for one in labels)


def check_precedence(wish: Mapping[str, Any], tenant: Tenant, *, may_be_urgent: bool) -> None:
    """Refuse a priority that the tenant does not have (422), and `urgent` from whoever runs but one tenant (403)."""
    if wish["priority"] > tenant.max_priority:
        detail = f"{tenant.slug} may ask for priority {tenant.max_priority} at most."
        raise Invalid([{"pointer": "priority", "code": "above_max_priority", "detail": detail}])
    if wish["urgent"] and not may_be_urgent:
        detail = "Only a platform administrator may make a task urgent. Ask with a higher priority instead."
        errors: list[FieldError] = [{"pointer": "urgent", "code": "platform_admin_only", "detail": detail}]
        raise Problem(403, "platform_admin_only", detail, errors=errors)


def checked(parse: Callable[[str], object], error: type[ValueError], text: str) -> str:
    try:
        parse(text)
    except error as wrong:
        raise serializers.ValidationError(str(wrong), "invalid") from wrong
    return text
