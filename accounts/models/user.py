"""Who works with IPS."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone


class Users(UserManager["User"]):
    use_in_migrations = False

    def create_superuser(self, username: str, *args: Any, **fields: Any) -> User:
        return super().create_superuser(username, *args, **{**fields, "is_platform_admin": True})


class User(AbstractUser):
    """A person or a program that signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    is_platform_admin = models.BooleanField(default=False, help_text="May do everything in every tenant.")

    objects: ClassVar[Users] = Users()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. A new password ends all sessions and reset links; platform administrators may use the admin site."""
        has_new_password = getattr(self, "_password", None) is not None  # Django keeps it until it is saved
        self.is_staff = self.is_superuser = self.is_platform_admin
        super().save(*args, **kwargs)
        if has_new_password:
            self.sessions.filter(ended_at=None).update(ended_at=timezone.now())
            self.reset_links.filter(used_at=None).delete()
