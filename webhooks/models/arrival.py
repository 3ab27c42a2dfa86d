"""What registries told, and what was made of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from accounts.models import Tenant
from webhooks.models.registry_hook import HookRule, RegistryHook


class ArrivalOutcome(models.TextChoices):
    ACCEPTED = "accepted"
    IGNORED = "ignored"
    REFUSED = "refused"


class Arrival(models.Model):
    """One event that arrived, or `times` of the same sort within a minute that nothing follows from.

    `event` is the hash by which it is known when it is sent again, and null for what is not to be known again.
    """

    id = models.BigAutoField(primary_key=True)
    hook = models.ForeignKey(RegistryHook, on_delete=models.CASCADE, related_name="arrivals")
    event = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null may be there many times
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=10, choices=ArrivalOutcome)
    reason = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    image = models.CharField(max_length=780, blank=True)
    digest = models.CharField(max_length=140, blank=True)
    gatherings = models.JSONField(default=list, help_text="Ids of what it was gathered into.")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["hook", "event"], name="one_arrival_of_an_event")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["hook", "-id"], name="arrival_newest_first"),
            models.Index(fields=["last_at"], name="arrival_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.image or self.reason}"

    @property
    def tenant(self) -> Tenant:
        return self.hook.tenant


class GatheringStatus(models.TextChoices):
    WAITING = "waiting"
    FIRED = "fired"
    REFUSED = "refused"


class PinState(models.TextChoices):
    NONE = ""
    WAITING = "waiting"  # the task is not over, or nodes have not told their images since
    SAME = "same"
    MOVED = "moved"
    UNKNOWN = "unknown"


class Gathering(models.Model):
    """The pushes of one image that one rule waits out, and the one task that comes of them.

    `open_key` is the image's `key` while it waits and null afterwards: of one rule and image only one is open. Whoever
    fires it empties that column by conditional update, in the transaction that makes the task.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hook = models.ForeignKey(RegistryHook, on_delete=models.CASCADE, related_name="gatherings")
    rule = models.ForeignKey(HookRule, on_delete=models.SET_NULL, null=True, related_name="gatherings")
    image = models.CharField(max_length=780)
    key = models.CharField(max_length=64)
    open_key = models.CharField(max_length=64, null=True)  # noqa: DJ001  # null may be there many times
    digest = models.CharField(max_length=140, blank=True)
    pushes = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=GatheringStatus, default=GatheringStatus.WAITING)
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    task = models.UUIDField(null=True)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500, blank=True)
    pin = models.CharField(max_length=10, choices=PinState, blank=True, default=PinState.NONE)
    look_at = models.DateTimeField(null=True, help_text="When it is next looked at what nodes got.")
    looked_since = models.DateTimeField(null=True, help_text="Since when the task is over.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rule", "open_key"], name="one_open_gathering")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "due_at"], name="gathering_by_due"),
            models.Index(fields=["rule", "key", "-ended_at"], name="gathering_by_image"),
            models.Index(fields=["pin", "look_at"], name="gathering_by_look"),
            models.Index(fields=["ended_at"], name="gathering_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.image} {self.status}"

    @property
    def tenant(self) -> Tenant:
        return self.hook.tenant
