"""Who runs a batch: claims by conditional update, leases in database time, fencing by token."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from uuid import UUID

from django.conf import settings
from django.db.models import Case, DateTimeField, F, IntegerField, Prefetch, Q, QuerySet, Value, When

from prewarm.backoff import longest_wait
from prewarm.clock import database_now, has_come
from prewarm.models import SPEC_VERSION, Batch, BatchStatus, Task

log = logging.getLogger(__name__)

TOGETHER = 50
FEW = 5  # so many of each tenant find a place beside 50 of others
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

    Each tenant has its turn: see `_choose`.

    One UPDATE per call decides: another worker's claim of the same row makes this one miss it. Taking over from an
    expired lease counts as a lost claim; a lease that was handed back does not. What the caller holds is left out, even
    if it slept past its lease: a claim would change the token under what it remembers.
    """
    holding = list(held)
    lease = Lease.starting()
    now = database_now()
    if any(batch.lost_claims >= ALONE_FROM for batch in holding):
        return [], lease
    chosen = _choose(due(now).exclude(pk__in=[batch.pk for batch in holding]), holding)
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


def _choose(found: QuerySet[Batch], holding: Sequence[Batch]) -> list[int]:
    """Which of these due batches to take.

    Where there are more than places, tenants take turns; and the few first of a tenant that has few here are taken
    even if another tenant's batches fill all places: these would keep them for as long as they wait.
    """
    rows = list(found.order_by("due_at", "pk").values_list("pk", "lost_claims", "task__tenant")[:TOGETHER])
    if rows and rows[0][1] >= ALONE_FROM and not holding:
        return [rows[0][0]]
    if len(rows) == TOGETHER:  # perhaps there are more, of others
        rows = list(_by_turns(found))
    room = TOGETHER - len(holding)
    of_tenant = Counter(batch.task.tenant_id for batch in holding)
    chosen: list[int] = []
    for pk, lost, tenant in rows:
        if lost < ALONE_FROM and (len(chosen) < room or of_tenant[tenant] < FEW):
            chosen.append(pk)
            of_tenant[tenant] += 1
    return chosen


def _by_turns(found: QuerySet[Batch]) -> Iterator[tuple[int, int, UUID]]:
    """The oldest of each tenant, then the second of each, and so on."""
    tenants = found.order_by().values_list("task__tenant", flat=True).distinct()
    columns = [
        list(
            found.filter(task__tenant=tenant)
            .order_by("due_at", "pk")
            .values_list("pk", "lost_claims", "task__tenant")[:TOGETHER]
        )
        for tenant in tenants
    ]
    return (row for group in zip_longest(*columns) for row in group if row)


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
