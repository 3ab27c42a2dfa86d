"""Where users are signed in."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone

from accounts.models.user import User

SEEN_EVERY = timedelta(minutes=1)


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self) -> SessionQuerySet:
        """Sessions that still open a door: not ended, not expired, of a user who is active."""
        return self.filter(ended_at=None, expires_at__gt=timezone.now(), user__is_active=True)

    def end(self) -> int:
        """Sign these out. Their tokens are refused from the next request on."""
        return self.filter(ended_at=None).update(ended_at=timezone.now())


class Session(models.Model):
    """One sign-in. A token names its session, and is worth nothing once the session has ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} since {self.created_at:%Y-%m-%d %H:%M}"

    def seen(self) -> None:
        """Note that the session is in use: one write a minute, however many requests and processes there are."""
        now = timezone.now()
        if self.last_seen_at > now - SEEN_EVERY:
            return
        Session.objects.filter(pk=self.pk, last_seen_at__lte=now - SEEN_EVERY).update(last_seen_at=now)
        self.last_seen_at = now
