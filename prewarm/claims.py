"""Who runs a batch: claims by conditional update, leases in database time, fencing by token."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, DateTimeField, F, IntegerField, Prefetch, Q, QuerySet, Value, When

from prewarm.backoff import longest_wait
from prewarm.clock import database_now, has_come
from prewarm.models import SPEC_VERSION, Batch, BatchStatus, Task

log = logging.getLogger(__name__)

TOGETHER = 50
ALONE_FROM = 2  # lost claims: the batch may kill whoever holds it, so it is held alone
GIVE_UP_AT = 5
LONGEST_REST = timedelta(minutes=2)  # nobody hands a batch back for later than this, but for a back-off


@dataclass(frozen=True)
class Lease:
    """Until when, on this process' monotonic clock, a holder may believe in its claim."""

    until: float

    def safe_to_create(self) -> bool:
        """Kubernetes cannot fence: nothing is created close to the lease's end."""
        return time.monotonic() < self.until - settings.LEASE_MARGIN_SECONDS

    def lost(self) -> bool:
        return time.monotonic() >= self.until

    @classmethod
    def over(cls) -> Lease:
        """Of a batch that was let go of."""
        return cls(float("-inf"))

    @classmethod
    def starting(cls) -> Lease:
        """Counted from now, which must be before the statement that writes it is sent."""
        return cls(time.monotonic() + settings.LEASE_SECONDS)


def claim_due(holder: str, held: Iterable[Batch]) -> tuple[list[Batch], Lease]:
    """Take what is due and free, oldest first, up to 50 batches; one that lost its holders twice is taken alone.

    One UPDATE per call decides: another worker's claim of the same row makes this one miss it. Taking over from an
    expired lease counts as a lost claim; a lease that was handed back does not. What the caller holds is left out, even
    if it slept past its lease: a claim would change the token under what it remembers.
    """
    holding = list(held)
    lease = Lease.starting()
    now = database_now()
    if any(batch.lost_claims >= ALONE_FROM for batch in holding):
        return [], lease
    found = due(now).exclude(pk__in=[batch.pk for batch in holding]).order_by("due_at", "pk")
    candidates = list(found.values_list("pk", "lost_claims")[:TOGETHER])
    if not candidates:
        return [], lease
    if candidates[0][1] >= ALONE_FROM and not holding:
        chosen = [candidates[0][0]]
    else:
        chosen = [pk for pk, lost in candidates if lost < ALONE_FROM][: TOGETHER - len(holding)]
    if not chosen:
        return [], lease
    Batch.objects.filter(_free(now), pk__in=chosen).update(
        # before `holder`: MariaDB assigns from left to right and sees what it has assigned already
        lost_claims=F("lost_claims") + Case(When(holder="", then=0), default=1, output_field=IntegerField()),
        holder=holder,
        lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        token=F("token") + 1,
    )
    tasks = Prefetch("task", Task.objects.defer("node_names"))
    taken = list(
        Batch.objects.filter(holder=holder, pk__in=chosen).prefetch_related(tasks).order_by("task_id", "number")
    )
    for batch in taken:
        if batch.lost_claims:
            log.warning("took over a batch", extra={"batch": batch.pk, "lost_claims": batch.lost_claims})
    return taken, lease


def due(now: datetime, spec_version: int = SPEC_VERSION) -> QuerySet[Batch]:
    """Batches that somebody should look at and that nobody holds, of tasks that a worker of this version understands.

    A batch whose turn has not come is of interest only when its task stops.
    """
    wanted = Q(status=BatchStatus.OPEN) | Q(status=BatchStatus.PLANNED, task__cancel_requested_at__isnull=False)
    free_and_due = _free(now) & has_come("due_at", now, LONGEST_REST + longest_wait())
    return Batch.objects.filter(free_and_due, wanted, task__spec_version__lte=spec_version)


def renew(holder: str, batches: Iterable[Batch]) -> tuple[set[int], Lease]:
    """Lengthen the leases of these batches; the ids of those that are still ours."""
    lease = Lease.starting()
    ids = [batch.pk for batch in batches]
    ours = Batch.objects.filter(holder=holder, pk__in=ids)
    until = database_now() + timedelta(seconds=settings.LEASE_SECONDS)
    if ours.update(lease_until=until) == len(ids):
        return set(ids), lease
    return set(ours.values_list("pk", flat=True)), lease


def fence(batch: Batch, **values: object) -> bool:
    """First statement of every transaction for a batch: false when somebody else has claimed it since."""
    return bool(fence_all([batch], **values))


def fence_all(batches: Sequence[Batch], **values: object) -> set[int]:
    """The same for several batches by one statement: the ids of those that are still ours, all written alike."""
    claims: dict[tuple[str, int], list[int]] = {}
    for batch in sorted(batches, key=lambda batch: batch.pk):
        claims.setdefault((batch.holder, batch.token), []).append(batch.pk)
    ours = Q()
    for (holder, token), ids in claims.items():
        ours |= Q(pk__in=ids, holder=holder, token=token)
    found = Batch.objects.filter(ours)
    if found.update(**(values or {"token": F("token")})) == len(batches):
        return {batch.pk for batch in batches}
    left = set(found.values_list("pk", flat=True))
    log.warning("fenced write", extra={"batches": sorted({batch.pk for batch in batches} - left)})
    return left


def fence_each(values: Mapping[Batch, Mapping[str, object]]) -> set[int]:
    """The same where batches are written differently; one statement for all that are written alike."""
    alike: dict[tuple[tuple[str, object], ...], list[Batch]] = {}
    for batch, what in sorted(values.items(), key=lambda item: item[0].pk):
        alike.setdefault(tuple(sorted(what.items())), []).append(batch)
    return {pk for what, batches in alike.items() for pk in fence_all(batches, **dict(what))}


def hand_back(batch: Batch, due_at: datetime) -> None:
    """Let go of a batch: whoever comes next may have it from `due_at` on.

    If somebody set it due since it was claimed, it stays so: the wish may be one that this holder has not read.
    """
    unwoken = When(due_at=batch.due_at, then=Value(due_at))
    Batch.objects.filter(pk=batch.pk, token=batch.token, holder=batch.holder).update(
        due_at=Case(unwoken, default=F("due_at"), output_field=DateTimeField()),
        holder="",
        lease_until=None,
        lost_claims=0,
    )


def hand_back_everything(holder: str) -> None:
    """Let go of all that this process holds, whatever it remembers of it: due at once, to be read anew."""
    Batch.objects.filter(holder=holder).update(due_at=database_now(), holder="", lease_until=None, lost_claims=0)


def _free(now: datetime) -> Q:
    return Q(holder="") | has_come("lease_until", now, 2 * timedelta(seconds=settings.LEASE_SECONDS))
