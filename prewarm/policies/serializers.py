"""How policies look in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prewarm.models import Policy, PolicyState
from prewarm.policies.request import FollowRequest, PolicyTaskRequest

Answer = dict[str, Any]


class CoverageSchema(serializers.Serializer[Answer]):
    """Pairs of image and node: warm, missing (proven) and unknown add up. Percent is null before the first check."""

    percent = serializers.FloatField(allow_null=True)
    nodes = serializers.IntegerField()
    pairs = serializers.IntegerField()
    warm = serializers.IntegerField()
    missing = serializers.IntegerField()
    unknown = serializers.IntegerField()


class PolicySerializer(serializers.ModelSerializer[Policy]):
    """A policy, and how it stands as of `checked_at`.

    `covered`: nothing is missing on any node that can be pulled on; nodes that are not Ready, cordoned, short of disk
    or still settling count in the coverage all the same.
    """

    tenant = serializers.SlugRelatedField[Policy]("slug", read_only=True)
    images = serializers.ListField(child=serializers.CharField())
    image_lists = serializers.ListField(child=serializers.UUIDField())
    follow = FollowRequest(allow_null=True)
    node_names = serializers.ListField(child=serializers.CharField())
    task = PolicyTaskRequest()
    created_by = serializers.SlugRelatedField[Policy]("username", read_only=True, allow_null=True)
    state = serializers.ChoiceField(PolicyState.choices)
    coverage = serializers.SerializerMethodField()
    next_check_at = serializers.SerializerMethodField()

    class Meta:
        model = Policy
        fields: tuple[str, ...] = (
            "id",
            "tenant",
            "name",
            "images",
            "image_lists",
            "follow",
            "node_selector",
            "node_names",
            "all_nodes",
            "settle_seconds",
            "recheck_seconds",
            "nodes_per_minute",
            "priority",
            "task",
            "paused_at",
            "created_by",
            "created_at",
            "changed_at",
            "state",
            "state_since",
            "problem",
            "waits_for",
            "coverage",
            "checked_at",
            "next_check_at",
        )
        read_only_fields = fields

    @extend_schema_field(CoverageSchema)
    def get_coverage(self, policy: Policy) -> Answer:
        counts = {name: getattr(policy, name) for name in ("nodes", "pairs", "warm", "missing", "unknown")}
        return {"percent": policy.coverage, **counts}

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_check_at(self, policy: Policy) -> Any:
        return None if policy.paused_at else policy.due_at


STATUS = frozenset({"state", "state_since", "problem", "waits_for", "coverage", "checked_at", "next_check_at"})


class MissingImageSchema(serializers.Serializer[Answer]):
    """An image that is not proven to be on the node.

    `state` tells proven absence from what is not known. `kind` is how it came about, `reason` what its last pulls
    failed for, `tries` how many of them did in a row; `again_at` is when it may be asked for again, `task` the task
    that is at it.
    """

    image = serializers.CharField()
    state = serializers.ChoiceField(("missing", "unknown"))
    since = serializers.DateTimeField(allow_null=True)
    kind = serializers.ChoiceField(("joined", "wanted", "lost", "unproven"))
    reason = serializers.CharField(allow_null=True)
    hint = serializers.CharField(allow_null=True)
    tries = serializers.IntegerField()
    again_at = serializers.DateTimeField(allow_null=True)
    task = serializers.UUIDField(allow_null=True)


class MissingNodeSchema(serializers.Serializer[Answer]):
    """A node that is not covered; `blocked` says why nothing is pulled there now.

    Of a node that is not Ready nothing is known: `images` then are those that were missing before.
    """

    node = serializers.CharField()
    since = serializers.DateTimeField(help_text="Since when it is one of the policy's nodes.")
    blocked = serializers.CharField(allow_null=True)
    hint = serializers.CharField(allow_null=True)
    images = MissingImageSchema(many=True)


class WorkloadSchema(serializers.Serializer[Answer]):
    """A workload that is followed; `nodes` are those of the policy where its pods may run."""

    kind = serializers.CharField()
    namespace = serializers.CharField()
    name = serializers.CharField()
    images = serializers.ListField(child=serializers.CharField())
    ignored = serializers.ListField(child=serializers.CharField(), help_text="What is no image reference.")
    nodes = serializers.IntegerField()


class WorkloadsAnswer(serializers.Serializer[Answer]):
    read_at = serializers.DateTimeField(allow_null=True)
    problems = serializers.ListField(child=serializers.CharField())
    workloads = WorkloadSchema(many=True)


class PreviewedImage(serializers.Serializer[Answer]):
    """On how many nodes it is wanted, and how many of those have it."""

    image = serializers.CharField()
    nodes = serializers.IntegerField()
    warm = serializers.IntegerField()
    missing = serializers.IntegerField()
    unknown = serializers.IntegerField()


class PreviewedSkip(serializers.Serializer[Answer]):
    reason = serializers.CharField()
    hint = serializers.CharField()
    nodes = serializers.IntegerField()


class PolicyPreview(serializers.Serializer[Answer]):
    """What the policy would cover, as things are now. `blocked` nodes are its own, and wait."""

    coverage = CoverageSchema()
    images = PreviewedImage(many=True)
    blocked = PreviewedSkip(many=True)
    workloads = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.CharField())
