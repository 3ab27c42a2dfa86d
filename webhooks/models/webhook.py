"""Where to tell what happened, and what of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class WebhookKind(models.TextChoices):
    GENERIC = "generic"
    SLACK = "slack"
    DINGTALK = "dingtalk"


class Language(models.TextChoices):
    ENGLISH = "en"
    CHINESE = "zh"


class Webhook(models.Model):
    """One place that a tenant wants told, and of what; without a tenant, of what happens in all of them.

    `url` and the secrets are credentials: nothing shows them again. The columns from `failing_since` on are written
    by whoever delivers, by conditional update; a holder's claim is worth what `lease_until` and `token` say.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(
        "accounts.Tenant", on_delete=models.CASCADE, null=True, blank=True, related_name="webhooks"
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=WebhookKind)
    url = models.CharField(max_length=2048)
    secret = models.CharField(max_length=200, blank=True)
    old_secret = models.CharField(max_length=200, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    keyword = models.CharField(max_length=60, blank=True, help_text="DingTalk: a word that every message must hold.")
    at_mobiles = models.JSONField(default=list, help_text="DingTalk: telephone numbers of who is called by name.")

    events = models.JSONField(default=list, help_text="Kinds of events; empty for all.")
    only_failures = models.BooleanField(default=False)
    named_only = models.BooleanField(default=False, help_text="Only of tasks that name this webhook.")
    schedules = models.JSONField(default=list, help_text="Ids of schedules; empty for whatever made a task.")
    selector = models.CharField(max_length=2048, blank=True, help_text="Only of tasks with a node that matches.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    enabled = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Tries that failed since the last that did not.")
    refusals = models.PositiveIntegerField(default=0, help_text="Of them, those that nothing but a change can mend.")
    refused_since = models.DateTimeField(null=True, blank=True, help_text="Since when it is refused and nothing else.")
    rests_until = models.DateTimeField(null=True, blank=True)
    sequence = models.PositiveBigIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.PositiveBigIntegerField(default=0)
    served_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_webhook_of_a_name")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "enabled"], name="webhook_by_tenant")]

    def __str__(self) -> str:
        return f"{self.name} of {self.tenant or 'all tenants'}"
