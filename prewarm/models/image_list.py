"""The image library: lists of images that people keep, to name them in tasks."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class ImageList(models.Model):
    """Images under a name. Who names it in a task gets the images that it has then; the task keeps those."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.PROTECT, related_name="image_lists")
    name = models.CharField(max_length=100)
    images = models.JSONField()
    notes = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "name"], name="one_image_list_of_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.tenant}"
