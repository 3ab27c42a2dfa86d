"""Who delivers to a webhook: one at a time, by conditional update, with a lease, like batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from prewarm.clock import database_now, has_come
from webhooks.kinds.kind import LONGEST_WAIT
from webhooks.models import Delivery, DeliveryStatus, Webhook

MARGIN_SECONDS = 10.0  # renewed this often: a try that begins just before that ends well within the lease
MOST_LOOKED_AT = 500
Whose = UUID | None  # a tenant's id; None for webhooks of all tenants
FARTHEST = timedelta(seconds=2 * LONGEST_WAIT)  # nothing is ever put off for longer


@dataclass(frozen=True)
class Claim:
    """A webhook as it was when it was claimed, and by whom; good for as long as holder and token stand in its row."""

    webhook: Webhook
    holder: str
    token: int


def lease() -> timedelta:
    return timedelta(seconds=2 * (settings.DELIVERY_SECONDS + MARGIN_SECONDS))


def due(now: datetime) -> Q:
    """Deliveries whose time has come."""
    return Q(status=DeliveryStatus.PENDING) & has_come("due_at", now, FARTHEST)


def claim_due(holder: str, room: int, busy: Counter[Whose] | None = None) -> list[Claim]:
    """Take webhooks for which something is due and that nobody holds, those served longest ago first.

    `busy` counts what the holder serves already, by tenant: no tenant takes more than its share of all places, however
    many of its receivers do not answer.
    """
    if room <= 0:
        return []
    now, taken = database_now(), Counter(busy or {})
    places = room + taken.total()
    waiting = Delivery.objects.filter(due(now), webhook=OuterRef("pk"))
    found = Webhook.objects.filter(_free(now), _awake(now), Exists(waiting)).order_by(
        F("served_at").asc(nulls_first=True), "pk"
    )
    candidates = list(found.values_list("pk", "tenant_id")[:MOST_LOOKED_AT])
    if not candidates:
        return []
    share = share_of(places, {tenant for _, tenant in candidates} | {tenant for tenant, n in taken.items() if n})
    claimed: list[Claim] = []
    for pk, tenant in candidates:
        if len(claimed) == room:
            break
        if taken[tenant] < share and (one := claim(pk, holder, now)):
            taken[tenant] += 1
            claimed.append(one)
    return claimed


def share_of(places: int, tenants: Collection[Whose]) -> int:
    """How many places one tenant may take: all where webhooks are of one tenant only, else what leaves room for one
    tenant more than those that want some now.
    """
    if len(tenants) <= 1 and Webhook.objects.filter(enabled=True).values("tenant").distinct().count() <= 1:
        return places
    return max(1, places // (len(tenants) + 1))


def claim(pk: UUID, holder: str, now: datetime) -> Claim | None:
    """Take this one, unless another was quicker."""
    fresh = {"holder": holder, "lease_until": now + lease(), "token": F("token") + 1, "served_at": now}
    if not Webhook.objects.filter(_free(now), pk=pk).update(**fresh):
        return None
    webhook = Webhook.objects.select_related("tenant").filter(pk=pk, holder=holder).first()
    return Claim(webhook, holder, webhook.token) if webhook else None


class ClaimLost(Exception):
    """Another has claimed the webhook since."""


def write(claim: Claim, **values: object) -> None:
    """First statement of every transaction for a webhook. Raises ClaimLost when another has claimed it since."""
    mine = Webhook.objects.filter(pk=claim.webhook.pk, holder=claim.holder, token=claim.token)
    if not mine.update(**values):
        raise ClaimLost


def renew(claim: Claim) -> None:
    write(claim, lease_until=database_now() + lease())


def let_go(claim: Claim) -> None:
    write(claim, holder="", lease_until=None)


def _free(now: datetime) -> Q:
    return Q(holder="") | has_come("lease_until", now, 2 * lease())


def _awake(now: datetime) -> Q:
    return Q(rests_until=None) | has_come("rests_until", now, FARTHEST)
