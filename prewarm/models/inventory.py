"""What is known of images on nodes beside the nodes' own lists (Node.images)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


def kind_of(name: str) -> str:
    return "digest" if "@" in name else "tag"


class KnownImage(models.Model):
    """A name under which some node lists an image, or under which one was pulled. A tag and a digest are two names."""

    mark = models.BigIntegerField(primary_key=True, help_text="Of the name, see prewarm.marks.")
    name = models.CharField(max_length=700)
    bytes = models.BigIntegerField(null=True, help_text="As a node told it last; null when none did.")
    told_at = models.DateTimeField(help_text="When it was last listed or pulled, to the hour or so.")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["name"], name="known_image_by_name"),
            models.Index(fields=["told_at"], name="known_image_by_time"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        return kind_of(self.name)


class OwnPull(models.Model):
    """A pull of ours that showed an image to be on a node: evidence until the node's own list says otherwise.

    A node that was made anew under its old name has another uid, and an empty disk.
    """

    image = models.BigIntegerField(help_text="The mark of its name, see KnownImage.")
    node = models.CharField(max_length=253)
    node_uid = models.CharField(max_length=64)
    digest = models.CharField(max_length=140, blank=True, help_text="As the runtime told it; empty when it did not.")
    bytes = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["image", "node"], name="one_own_pull")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["node"], name="own_pull_by_node"),
            models.Index(fields=["at"], name="own_pull_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.image} on {self.node}"
