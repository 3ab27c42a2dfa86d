"""The teams that users belong to, and in which role."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models.user import User


class Tenant(models.Model):
    """A team: what it may use, and all that it owns."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=100)
    max_priority = models.PositiveSmallIntegerField(
        default=10,
        db_default=10,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="The highest priority its tasks may have, 1 to 10.",
    )
    max_running_tasks = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tasks at once that are not over; empty for no limit."
    )
    max_nodes_at_once = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Nodes that its tasks pull on at once; empty for what the settings say of all tenants.",
    )
    max_pairs_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Images × nodes that it may ask for in a day (UTC); empty for no limit."
    )
    max_api_keys = models.PositiveIntegerField(
        null=True, blank=True, help_text="API keys that are good at once; empty for 50."
    )
    max_webhooks = models.PositiveIntegerField(null=True, blank=True, help_text="Webhooks; empty for 20.")
    node_pool = models.CharField(
        max_length=2048,
        blank=True,
        default="",
        db_default="",
        help_text="A label selector of the nodes that it may use; empty for all nodes.",
    )
    allowed_images = models.JSONField(
        null=True, blank=True, help_text="Patterns of the images that it may pull; empty for all."
    )
    denied_images = models.JSONField(
        null=True, blank=True, help_text="Patterns of the images that it may not pull, whatever is allowed."
    )
    pull_secrets = models.JSONField(
        null=True, blank=True, help_text="The pull secrets that its tasks may name; empty for any."
    )
    followed_namespaces = models.JSONField(
        null=True, blank=True, help_text="The namespaces whose workloads its policies may follow; empty for none."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class Role(models.TextChoices):
    """What a member may do in a tenant, least first."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def or_more(self) -> frozenset[Role]:
        """This role and those that may do more."""
        return frozenset(list(Role)[list(Role).index(self) :])


class Membership(models.Model):
    """A user's role in one tenant."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "tenant"], name="one_role_per_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} of {self.tenant}"
