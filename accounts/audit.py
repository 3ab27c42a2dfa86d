"""The audit: who changed what, when and in which request. Rows are written and read, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import AuditEntry, Tenant, User


@dataclass(frozen=True)
class By:
    """Who does something, as the audit tells: a user through the API, or `cli:<user>` at a terminal."""

    user: User | None
    actor: str
    request_id: str = ""

    def audit(
        self, action: str, target: str, *, before: Any = None, after: Any = None, tenant: Tenant | None = None
    ) -> None:
        """Write one line, in the transaction of the change that it tells."""
        audit(
            action,
            target,
            user=self.user,
            actor=self.actor,
            request_id=self.request_id,
            before=before,
            after=after,
            tenant=tenant,
        )


def audit(
    action: str,
    target: str,
    *,
    user: User | None,
    actor: str,
    request_id: str,
    before: Any = None,
    after: Any = None,
    tenant: Tenant | None = None,
) -> None:
    """Write one line, in the transaction of the change that it tells.

    `action` is a thing and a verb, like `settings.changed`; `before` and `after` hold only what is different.
    """
    AuditEntry.objects.create(
        action=action,
        target=target,
        user=user,
        actor=actor,
        request_id=request_id,
        before=before,
        after=after,
        tenant=tenant,
    )
