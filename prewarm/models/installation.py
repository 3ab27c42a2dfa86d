"""This installation: its id, which every pull job carries, and the one cluster it belongs to."""

from __future__ import annotations

import uuid

from django.db import models


class Installation(models.Model):
    """The only row (pk 1). One installation = one cluster, known by the uid of its namespace kube-system."""

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    cluster_uid = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return str(self.uuid)

    @classmethod
    def load(cls) -> Installation:
        installation, _ = cls.objects.get_or_create(pk=1)
        return installation
