"""What one may ask the audit for."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from accounts.models import AuditEntry, Outcome
from ips.problems import Problem
from ips.query import chosen, holding, only_known

EXACT = ("actor", "target", "request_id")
KNOWN = (*EXACT, "action", "tenant", "outcome", "since", "until", "search")


def asked_for(rows: QuerySet[AuditEntry], request: Request, *more: str) -> QuerySet[AuditEntry]:
    """Those of the rows that the query names. Raises Problem (400) for what it does not know."""
    only_known(request, *KNOWN, *more)
    query = request.query_params
    for name in EXACT:
        if value := query.get(name):
            rows = rows.filter(**{name: value[:200]})
    if actions := query.getlist("action"):
        rows = rows.filter(action__in=actions)
    if outcomes := chosen(request, "outcome", Outcome.values):
        rows = rows.filter(outcome__in=outcomes)
    if tenant := query.get("tenant"):
        rows = rows.filter(tenant__slug=tenant)
    if (since := query.get("since")) is not None:
        rows = rows.filter(at__gte=moment("since", since))
    if (until := query.get("until")) is not None:
        rows = rows.filter(at__lt=moment("until", until))
    if search := query.get("search", "")[:200]:
        rows = rows.filter(holding(search, "actor", "action", "target", "request_id", "credential"))
    return rows


def moment(name: str, text: str) -> datetime:
    """A time like 2026-11-26T08:00:00Z, or a day, which means its beginning; UTC unless it says otherwise."""
    try:
        found = parse_datetime(text) or datetime.combine(parse_date(text) or datetime.max, datetime.min.time())
        found = (found if timezone.is_aware(found) else timezone.make_aware(found)).astimezone(UTC)
    except (ValueError, OverflowError):  # in the first hours of the year 1 there is no UTC of some zones
        found = datetime.max
    if found.year == datetime.max.year:
        raise Problem(400, "invalid_time", f"{name} is a time like 2026-11-26T08:00:00Z, or a day like 2026-11-26.")
    return found
