"""What programs sign in with."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.models.session import SEEN_EVERY
from accounts.models.tenant import Tenant
from accounts.models.user import User


class Scope(models.TextChoices):
    """What an API key opens of its owner's rights, least first. Reading is in all of them."""

    READ = "read"
    TASKS = "tasks"
    MANAGE = "manage"


class ApiKey(models.Model):
    """What a program signs in with: bound to one tenant, and at most its owner's rights there.

    The secret itself is shown once and kept as a bcrypt hash; `key_id` is the part of it that rows are found by.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_id = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=60, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    scopes = models.JSONField(default=list)
    networks = models.JSONField(default=list, help_text="CIDRs that it may be used from; empty means anywhere.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)
    replaced_by = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="replaces")

    def __str__(self) -> str:
        return f"{self.name} (ips_{self.key_id}_…{self.last_four})"

    def used(self, address: str | None) -> None:
        """Note that the key is in use: one write a minute, however many requests and processes there are."""
        now = timezone.now()
        if self.last_used_at and self.last_used_at > now - SEEN_EVERY:
            return
        not_lately = models.Q(last_used_at=None) | models.Q(last_used_at__lte=now - SEEN_EVERY)
        ApiKey.objects.filter(not_lately, pk=self.pk).update(last_used_at=now, last_used_ip=address)
