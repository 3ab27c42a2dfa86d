"""What is to be told to one webhook, and every attempt to do so."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from accounts.models import Tenant
from webhooks.models.webhook import Webhook


class DeliveryStatus(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(models.Model):
    """One event for one webhook. `id` is its `webhook-id`, the same at every attempt.

    Written in the transaction of what it tells. That one must wait for nobody, so no foreign key of the database locks
    the webhook's row: a delivery whose webhook was deleted meanwhile belongs to nobody and is removed.
    `of_tenant` is where it happened, which the webhook's tenant need not be; null for its own.
    `facts` are as things were then; `body` is what was made of them for the first attempt, and stays. `attempts` counts
    all, `tries` those since it was last asked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False)
    of_tenant = models.ForeignKey(
        "accounts.Tenant", on_delete=models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    event = models.CharField(max_length=40)
    about = models.CharField(max_length=64)
    task = models.UUIDField(null=True)
    at = models.DateTimeField()
    text = models.CharField(max_length=500)
    facts = models.JSONField(default=dict)
    sequence = models.PositiveBigIntegerField(null=True)
    body = models.TextField(blank=True)

    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["webhook", "status", "due_at"], name="delivery_by_webhook"),
            models.Index(fields=["status", "due_at"], name="delivery_by_due"),
            models.Index(fields=["-created_at", "id"], name="delivery_by_age"),
            models.Index(fields=["task"], name="delivery_by_task"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.about}"

    @property
    def tenant(self) -> Tenant | None:
        """Where it happened; None for a test of a webhook of all tenants."""
        return self.of_tenant or self.webhook.tenant


class DeliveryAttempt(models.Model):
    """One try: what went out, what came back, and how long that took.

    `listed` says that it went to a private address which a platform administrator has opened. What answers there may
    not be meant for everybody.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tried")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    together = models.PositiveIntegerField(default=1, help_text="How many deliveries this one message told of.")
    headers = models.JSONField(default=dict)
    status = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)
    listed = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["number", "id"]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}"
