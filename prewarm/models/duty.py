"""Chores that one of many ticks should do now and then."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from prewarm.clock import database_now, has_come


class Duty(models.Model):
    """A chore and when it is next due."""

    name = models.CharField(max_length=40, primary_key=True)
    due_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def claim(cls, name: str, every: timedelta) -> bool:
        """Take a chore that is due, for this tick alone; false when it is not due or another took it."""
        now = database_now()
        cls.objects.get_or_create(name=name, defaults={"due_at": now})
        return cls.objects.filter(has_come("due_at", now, 2 * every), name=name).update(due_at=now + every) == 1
