"""How the inventory and coverage look in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ips.strict_fields import StrictFields
from prewarm import references, selectors
from prewarm.evidence import Presence
from prewarm.inventory.coverage import MOST_IMAGES, Coverage, NotReady
from prewarm.inventory.presence import HowKnown, Why
from prewarm.task_request import ImageField

KINDS = ["tag", "digest"]


class KnownFields(serializers.Serializer[Any]):
    """What is known of an image on a node. Where that is not known, `as_of` and `how_known` tell of its last trace."""

    presence = serializers.ChoiceField([(one.value, one.value) for one in Presence], source="known.presence.value")
    as_of = serializers.DateTimeField(source="known.as_of", allow_null=True)
    how_known = serializers.ChoiceField(HowKnown.choices, source="known.how_known", allow_blank=True)
    why = serializers.ChoiceField(
        Why.choices, source="known.why", allow_blank=True, help_text="Why it is absent, or not known."
    )


class ToldFields(KnownFields):
    digest = serializers.CharField(source="told.digest", help_text="As the node or a pull told it; empty if none did.")
    bytes = serializers.IntegerField(source="told.bytes", allow_null=True)


class ImageOfNode(ToldFields):
    """An image on a node."""

    image = serializers.CharField(source="name", help_text="The name under which the node lists it.")
    kind = serializers.ChoiceField(KINDS)


class NodeOfImage(ToldFields):
    """A node, and whether an image is there."""

    node = serializers.CharField()


class ImageSpread(serializers.Serializer[Any]):
    """A name under which nodes list an image or under which it was pulled, and on how many nodes it is known to be."""

    image = serializers.CharField(source="image.name")
    kind = serializers.ChoiceField(KINDS, source="image.kind")
    bytes = serializers.IntegerField(source="image.bytes", allow_null=True, help_text="As a node told it last.")
    told_at = serializers.DateTimeField(source="image.told_at", help_text="When it was last listed or pulled.")
    nodes = serializers.IntegerField(help_text="That have it.")
    absent = serializers.IntegerField(help_text="That certainly do not.")
    unknown = serializers.IntegerField(help_text="That may.")


class NotReadySerializer(serializers.Serializer[NotReady]):
    """A node that is not ready, and why."""

    node = serializers.CharField()
    why = serializers.ChoiceField(Why.choices, source="known.why")
    text = serializers.CharField(help_text="Why, in words.")
    as_of = serializers.DateTimeField(source="known.as_of", allow_null=True)


class ShareFields(serializers.Serializer[Any]):
    ready = serializers.IntegerField(help_text="Nodes that have it.")
    missing = serializers.IntegerField(help_text="Nodes that certainly lack it.")
    unknown = serializers.IntegerField(help_text="Nodes of which that is not known; not ready.")
    percent = serializers.FloatField(help_text="Of the nodes that are ready, rounded down; 0 of none.")


class ImageShareSerializer(ShareFields):
    """One image: a tag is looked for as this tag, a digest as this digest."""

    image = serializers.CharField(help_text="As it was asked for.")
    name = serializers.CharField(help_text="As nodes list it.")
    kind = serializers.ChoiceField(KINDS)
    missing_nodes = NotReadySerializer(many=True, help_text="The first of them by name.")
    unknown_nodes = NotReadySerializer(many=True, help_text="The first of them by name.")


class CoverageSerializer(ShareFields):
    """May it be rolled out? The nodes that match, and how many of them have all of the images."""

    selector = serializers.CharField()
    nodes = serializers.IntegerField(help_text="That match, in one's node pool.")
    fresh = serializers.BooleanField(help_text="False while the cluster has not been heard from: all is unknown then.")
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the cluster was heard from.")
    images = ImageShareSerializer(many=True)


def shown(found: Coverage) -> dict[str, Any]:
    """As API and command line write it."""
    return dict(CoverageSerializer(found).data)


class BadgeRequest(StrictFields):
    """What the badge shall tell of."""

    tenant = serializers.SlugField(required=False, default="", max_length=63, help_text="By default `default`.")
    images = serializers.ListField(
        child=ImageField(max_length=references.MAX_LENGTH),
        allow_empty=False,
        min_length=1,
        max_length=MOST_IMAGES,
    )
    selector = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=selectors.MAX_LENGTH, help_text="Empty: all nodes."
    )

    def validate_images(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_selector(self, value: str) -> str:
        try:
            if value:
                selectors.parse(value)
        except selectors.InvalidSelector as wrong:
            raise serializers.ValidationError(str(wrong), "invalid") from wrong
        return value


class BadgeLink(serializers.Serializer[dict[str, str]]):
    """Where the badge is: anybody who knows the address sees it."""

    url = serializers.CharField()
    markdown = serializers.CharField()
