"""Who did what, or was refused."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from accounts.models.tenant import Tenant
from accounts.models.user import User


class AuditEntries(models.QuerySet["AuditEntry"]):
    """Lines of the audit are written and read. Nothing changes them, and only age takes them away."""

    def update(self, **_: Any) -> int:
        raise TypeError("The audit is not changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit loses only what is too old: forget().")

    def forget(self) -> int:
        """Delete these lines for good; how many."""
        return super().delete()[0]


class Outcome(models.TextChoices):
    """How it ended what somebody wanted to do."""

    DONE = "done"
    REFUSED = "refused"


class AuditEntry(models.Model):
    """Who changed what, or was refused. `actor` outlives the account; `before` and `after` hold what is different."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.CharField(max_length=160)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=64, help_text="A thing and a verb, like settings.changed.")
    target = models.CharField(max_length=200, help_text="What was changed, by its name or id.")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE, db_default=Outcome.DONE)
    code = models.CharField(max_length=64, blank=True, db_default="", help_text="Of the problem, if it was refused.")
    ip = models.GenericIPAddressField(null=True)
    credential = models.CharField(max_length=60, blank=True, db_default="", help_text="The session or API key.")

    objects = AuditEntries.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["tenant", "-id"], name="audit_by_tenant"),
            models.Index(fields=["target"], name="audit_by_target"),
            models.Index(fields=["request_id"], name="audit_by_request"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit is not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("The audit loses only what is too old.")
