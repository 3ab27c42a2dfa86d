"""Requests that clients may ask again, and what they were answered."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class IdempotentRequest(models.Model):
    """A request whose client may ask again (accounts.idempotency), and its answer as soon as there is one."""

    caller = models.CharField(max_length=50, help_text="The credential that the key is of: `user <id>`, `key <id>`.")
    key = models.CharField(max_length=128)
    asked = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    token = models.UUIDField(default=uuid.uuid4, help_text="Who works on it now.")
    claimed_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    location = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["caller", "key"], name="one_request_per_idempotency_key")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
