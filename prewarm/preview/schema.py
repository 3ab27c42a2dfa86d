"""How a preview looks in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

Answer = dict[str, Any]
REGISTRY = ("found", "missing", "unknown", "checking", "off")
WAITS_FOR = ("intake_paused", "window", "tenant_window", "node_view_stale", "limit", "busy_nodes", "tasks_ahead")


class PreviewSkipped(serializers.Serializer[Answer]):
    """Nodes that would be skipped for one reason."""

    reason = serializers.CharField()
    hint = serializers.CharField()
    nodes = serializers.IntegerField()


class PreviewNode(serializers.Serializer[Answer]):
    """One of the first nodes by name; `present` and `absent` are the places of images in the wish, as far as proven."""

    name = serializers.CharField()
    skipped = serializers.CharField(allow_null=True)
    present = serializers.ListField(child=serializers.IntegerField())
    absent = serializers.ListField(child=serializers.IntegerField())


class PreviewImage(serializers.Serializer[Answer]):
    """What the image's registry says of it to somebody without credentials.

    `missing` is sure, and such an image fails before any pull; from `unknown` nothing follows. While it is `checking`,
    ask again in a second.
    """

    image = serializers.CharField()
    registry = serializers.ChoiceField(REGISTRY)
    reason = serializers.CharField(allow_null=True)
    message = serializers.CharField(allow_blank=True)
    bytes = serializers.IntegerField(allow_null=True, help_text="Compressed, for one node of the commonest platform.")
    platforms = serializers.ListField(child=serializers.CharField())
    checked_at = serializers.DateTimeField(allow_null=True)


class PreviewWarm(serializers.Serializer[Answer]):
    """Of all matched nodes: how many surely have every image, and of how many that is not known."""

    nodes = serializers.IntegerField()
    unknown = serializers.IntegerField()


class PreviewWaves(serializers.Serializer[Answer]):
    """How the nodes follow each other."""

    batches = serializers.IntegerField()
    first_wave = serializers.IntegerField()
    nodes_at_once = serializers.IntegerField()


class PreviewEstimate(serializers.Serializer[Answer]):
    """How long it may take, from what pulls took lately; how much all nodes together may have to load."""

    seconds = serializers.IntegerField()
    nodes_at_once = serializers.IntegerField()
    measured_images = serializers.IntegerField()
    bytes = serializers.IntegerField(allow_null=True)


class PreviewWait(serializers.Serializer[Answer]):
    """Something that a task which started now would wait for."""

    name = serializers.CharField(allow_blank=True, help_text="Of a limit: cluster, tenant or host:docker.io.")
    hint = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`for` is a word of Python."""
        return {"for": serializers.ChoiceField(WAITS_FOR), **super().get_fields()}


class Preview(serializers.Serializer[Answer]):
    """What a task would do. Nothing is made."""

    matched = serializers.IntegerField()
    total = serializers.IntegerField()
    skipped = PreviewSkipped(many=True)
    nodes = PreviewNode(many=True)
    images = PreviewImage(many=True)
    warm = PreviewWarm()
    batches = serializers.IntegerField()
    waves = PreviewWaves()
    estimate = PreviewEstimate()
    timeout_seconds = serializers.IntegerField()
    waits = PreviewWait(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
