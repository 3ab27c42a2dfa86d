"""Policies: these images stay warm on these nodes."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class PolicyState(models.TextChoices):
    """How a policy fares. `gap`: it is at work on what is missing; `cannot`: something keeps it from mending that."""

    NEW = "new"
    COVERED = "covered"
    GAP = "gap"
    CANNOT = "cannot"


class Policy(models.Model):
    """A standing wish: images, or what the workloads of some namespaces need, on nodes, as these come and go.

    `wanted` are the images as of the last pass and `followed` the workloads as last read. A pass holds the policy by
    `token`, which grows with every claim; what an earlier pass still wants to write matches nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.PROTECT, related_name="policies")
    name = models.CharField(max_length=100)
    images = models.JSONField(default=list)
    image_lists = models.JSONField(default=list, help_text="Ids of lists of the image library.")
    follow = models.JSONField(null=True, help_text="Namespaces, label selector and kinds of the workloads to follow.")
    node_selector = models.CharField(max_length=2048, blank=True)
    node_names = models.JSONField(default=list)
    all_nodes = models.BooleanField(default=False)
    settle_seconds = models.PositiveIntegerField(
        default=30, help_text="How long a node is Ready before it is pulled on."
    )
    recheck_seconds = models.PositiveIntegerField(default=300, help_text="How often it is looked at without news.")
    nodes_per_minute = models.PositiveIntegerField(default=60, help_text="The most nodes that it asks for in a minute.")
    priority = models.PositiveSmallIntegerField(default=2)
    task = models.JSONField(default=dict, help_text="What its tasks are asked for with.")
    paused_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()

    state = models.CharField(max_length=8, choices=PolicyState, default=PolicyState.NEW)
    state_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True, help_text="What keeps it from covering everything.")
    waits_for = models.CharField(max_length=32, blank=True, help_text="What the last pass waited for.")
    nodes = models.PositiveIntegerField(default=0)
    pairs = models.PositiveIntegerField(default=0)
    warm = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    wanted = models.JSONField(default=list)
    followed = models.JSONField(null=True)
    unabsorbed = models.JSONField(default=list, help_text="Ids of its tasks whose results no pass has taken over yet.")
    asked = models.JSONField(default=list, help_text="Its last minute: pairs of a time and a number of nodes.")
    due_at = models.DateTimeField()
    token = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "policies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_policy_of_a_name")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["due_at"], name="policy_due")]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> str:
        """The nodes that it is about, in words."""
        if self.all_nodes:
            return "all nodes"
        return f"the nodes with {self.node_selector}" if self.node_selector else f"{len(self.node_names)} named nodes"

    @property
    def coverage(self) -> float | None:
        """Percent of the pairs that are warm; None before the first pass, and of none. Never 100 while one is not."""
        return int(self.warm * 1000 / self.pairs) / 10 if self.checked_at and self.pairs else None


class PolicyNode(models.Model):
    """A node that a policy is about, as the last pass found it, and what of its images is not proven to be there.

    `gaps` is compact JSON, see prewarm.policies.gaps; an empty one is a covered node.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="policy_nodes")
    node = models.CharField(max_length=253)
    uid = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField(help_text="Since when the node is one of the policy's.")
    blocked = models.CharField(max_length=32, blank=True, help_text="Why nothing is pulled there now: a reason code.")
    open = models.BooleanField(default=False, help_text="Whether something is missing or not known there.")
    gaps = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["policy", "node"], name="one_row_per_policy_and_node")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["policy", "open"], name="policy_node_open")]

    def __str__(self) -> str:
        return f"{self.node} of {self.policy_id}"
