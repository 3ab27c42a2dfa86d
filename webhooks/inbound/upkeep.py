"""What each tick does for hooks: fires what is due, compares what is pinned, and deletes what is over for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from prewarm.models import Duty
from prewarm.transactions import retried
from webhooks.inbound.gathering import fire_due
from webhooks.inbound.pinning import look_due
from webhooks.models import Arrival, ArrivalOutcome, Gathering, GatheringStatus, RegistryHook

PRUNE_EVERY = timedelta(minutes=1)
AT_ONCE = 500
MOST_OF_A_HOOK = 20_000  # arrivals that nothing followed from, whatever their age: nobody fills the table


def look_after(now: datetime) -> None:
    fire_due(now)
    look_due(now)
    if Duty.claim("arrivals", PRUNE_EVERY):
        prune(now)


def prune(now: datetime) -> int:
    """Delete some of what is over for long, oldest first; how many rows went."""
    before = now - timedelta(days=settings.KEEP_ARRIVALS_DAYS)
    old = list(Arrival.objects.filter(last_at__lt=before).order_by("last_at").values_list("pk", flat=True)[:AT_ONCE])
    nothing = Arrival.objects.exclude(outcome=ArrivalOutcome.ACCEPTED)  # the others are known by when sent again
    for hook in RegistryHook.objects.values_list("pk", flat=True):
        newest_first = nothing.filter(hook=hook).order_by("-id").values_list("pk", flat=True)
        old += list(newest_first[MOST_OF_A_HOOK : MOST_OF_A_HOOK + AT_ONCE])
    ended = Gathering.objects.exclude(status=GatheringStatus.WAITING).filter(ended_at__lt=before)
    gone = list(ended.values_list("pk", flat=True)[:AT_ONCE])
    if old:
        retried(Arrival.objects.filter(pk__in=old).delete)
    if gone:
        retried(Gathering.objects.filter(pk__in=gone).delete)
    return len(old) + len(gone)
