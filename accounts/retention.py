"""How long rows of accounts are kept: sign-ins while they make somebody known, the audit as the settings say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import QuerySet

from accounts import idempotency, throttle
from accounts.models import AuditEntries, AuditEntry, IdempotentRequest, ResetLink, Session, SignInAttempt
from ips.retention import Retained
from prewarm import live_settings

LINKS_KEPT = timedelta(days=30)  # from when they opened nothing any more


def _entries(now: datetime) -> QuerySet[AuditEntry]:
    before = now - timedelta(days=live_settings.load().keep_audit_days)
    return AuditEntry.objects.filter(at__lt=before).order_by("pk")


def _forget(entries: QuerySet[Any]) -> int:
    """Whoever wants to delete lines of the audit has to say it in this word."""
    return cast(AuditEntries, entries).forget()


def _sessions(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expires_at__lt=now - throttle.KNOWN).order_by("expires_at")


def _links(now: datetime) -> QuerySet[ResetLink]:
    return ResetLink.objects.filter(expires_at__lt=now - LINKS_KEPT)


def _attempts(now: datetime) -> QuerySet[SignInAttempt]:
    return SignInAttempt.objects.filter(at__lt=now - throttle.KEPT)


def _answers(now: datetime) -> QuerySet[IdempotentRequest]:
    return IdempotentRequest.objects.filter(claimed_at__lt=now - idempotency.KEPT)


KINDS = (
    Retained("audit entries", _entries, forget=_forget),
    Retained("sessions", _sessions),
    Retained("reset links", _links),
    Retained("sign-in attempts", _attempts),
    Retained("answers to repeated requests", _answers),
)
