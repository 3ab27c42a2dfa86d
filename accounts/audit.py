"""The audit: who changed what or was refused, when, from where and in which request. Lines are never changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from accounts.models import AuditEntry, Outcome, Tenant, User
from accounts.origin import current_origin

SECRET = re.compile(r"password|(?<!pull_)secret|token|authorization|cookie|credential", re.IGNORECASE)
HIDDEN = "(hidden)"


@dataclass(frozen=True)
class By:
    """Who does something, as the audit tells: a user through the API, or `cli:<user>` at a terminal."""

    user: User | None
    actor: str
    request_id: str = ""

    def audit(
        self,
        action: str,
        target: str,
        *,
        before: Any = None,
        after: Any = None,
        tenant: Tenant | None = None,
        refused: str = "",
    ) -> None:
        """Write one line, in the transaction of the change that it tells; or, with a problem's code, of a refusal."""
        audit(
            action,
            target,
            user=self.user,
            actor=self.actor,
            request_id=self.request_id,
            before=before,
            after=after,
            tenant=tenant,
            refused=refused,
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
    refused: str = "",
) -> None:
    """Write one line, in the transaction of the change that it tells.

    `action` is a thing and a verb, like `settings.changed`; `before` and `after` hold only what is different, less the
    values of whatever is named like a secret.
    """
    origin = current_origin()
    AuditEntry.objects.create(
        action=action,
        target=target[:200],
        user=user,
        actor=actor[:160],
        request_id=request_id,
        before=redacted(before),
        after=redacted(after),
        tenant=tenant,
        outcome=Outcome.REFUSED if refused else Outcome.DONE,
        code=refused,
        ip=origin.address,
        credential=origin.credential,
    )


def redacted(value: Any) -> Any:
    """The same without the values of keys that are named like secrets, at any depth."""
    if isinstance(value, dict):
        return {name: HIDDEN if SECRET.search(str(name)) else redacted(inner) for name, inner in value.items()}
    return [redacted(inner) for inner in value] if isinstance(value, list | tuple) else value
