"""Findings as rows: found by one process, known to all, for a while."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from prewarm.models import RegistryCheck
from prewarm.references import Reference
from prewarm.registries.finding import CheckOutcome, Finding
from prewarm.upsert import upsert

# A tag that is not there may be pushed any moment; what was unclear may be clear the next time.
GOOD_FOR = {
    CheckOutcome.FOUND: timedelta(minutes=5),
    CheckOutcome.MISSING: timedelta(seconds=10),
    CheckOutcome.UNKNOWN: timedelta(seconds=10),
}
KEPT = timedelta(days=1)  # longer than it is good for: an unchanged digest saves asking for sizes
_WRITTEN = [field.name for field in RegistryCheck._meta.fields if not field.primary_key]


class Kept(NamedTuple):
    """What was found, and when."""

    finding: Finding
    checked_at: datetime
    good_until: datetime

    @classmethod
    def since(cls, now: datetime, finding: Finding) -> Kept:
        return cls(finding, now, now + GOOD_FOR[finding.outcome])

    def good(self, now: datetime) -> bool:
        return self.checked_at <= now + timedelta(seconds=1) and now < self.good_until


def key_of(reference: Reference) -> str:
    return hashlib.sha256(reference.stored_name.encode()).hexdigest()[:40]


def read(references: Iterable[Reference]) -> dict[Reference, Kept]:
    """What is kept of these images, whether it is still good or not."""
    by_key = {key_of(reference): reference for reference in references}
    return {by_key[row.key]: _kept(row) for row in RegistryCheck.objects.filter(key__in=by_key)}


def write(findings: Mapping[Reference, Finding], now: datetime) -> None:
    rows = [
        RegistryCheck(
            key=key_of(reference),
            reference=reference.stored_name,
            outcome=found.outcome,
            reason=found.reason,
            message=found.message,
            digest=found.digest,
            sizes=dict(found.sizes),
            platforms=list(found.platforms),
            all_platforms=found.all_platforms,
            open_to_all=found.open_to_all,
            checked_at=now,
            good_until=now + GOOD_FOR[found.outcome],
        )
        for reference, found in sorted(findings.items(), key=lambda entry: key_of(entry[0]))
    ]
    upsert(rows, _WRITTEN)


def too_old(now: datetime) -> QuerySet[RegistryCheck]:
    """What was not asked for in a day."""
    return RegistryCheck.objects.filter(good_until__lt=now - KEPT)


def _kept(row: RegistryCheck) -> Kept:
    found = Finding(
        CheckOutcome(row.outcome),
        row.reason,
        row.message,
        row.digest,
        row.sizes,
        tuple(row.platforms),
        row.all_platforms,
        row.open_to_all,
    )
    return Kept(found, row.checked_at, row.good_until)
