"""Where registries tell what was pushed, and what follows from it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import Tenant


class RegistryKind(models.TextChoices):
    DISTRIBUTION = "distribution"
    HARBOR = "harbor"


class RegistryHook(models.Model):
    """One address of ours that a tenant's registry tells of pushes, and the secret that it brings along.

    Of token and secret only hashes are kept: both are random and long, so that a fast hash is as good as a slow one.
    `registry` is the host as workloads write it; empty where the registry tells it as they do.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="registry_hooks")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=RegistryKind)
    registry = models.CharField(max_length=260, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    old_token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    old_token_until = models.DateTimeField(null=True, blank=True)
    secret_hash = models.CharField(max_length=64)
    old_secret_hash = models.CharField(max_length=64, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    heard_at = models.DateTimeField(null=True, blank=True, help_text="When it was last told something believed.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_registry_hook_of_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.tenant}"


class HookRule(models.Model):
    """Which pushes become a task, and what it asks for besides the image. `task` is what somebody wrote of its form."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hook = models.ForeignKey(RegistryHook, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=100, blank=True)
    repositories = models.CharField(max_length=255, help_text="A pattern: team/app, team/*, team/**, **.")
    tags = models.CharField(max_length=128, default="*", help_text="A pattern: 1.4, v*, *.")
    task = models.JSONField()
    debounce_seconds = models.PositiveIntegerField(default=30)
    pin = models.BooleanField(default=False, help_text="Look whether nodes got the digest that was pushed.")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "id"]

    def __str__(self) -> str:
        return self.name or f"{self.repositories}:{self.tags}"

    @property
    def tenant(self) -> Tenant:
        return self.hook.tenant
