"""Who delivers to a webhook: one at a time, by conditional update, with a lease, like batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from prewarm.clock import database_now, has_come
from webhooks.kinds.kind import LONGEST_WAIT
from webhooks.models import Delivery, DeliveryStatus, Webhook

MARGIN_SECONDS = 10.0  # renewed this often: a try that begins just before that ends well within the lease
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


def claim_due(holder: str, room: int) -> list[Claim]:
    """Take webhooks for which something is due and that nobody holds, those served longest ago first."""
    if room <= 0:
        return []
    now = database_now()
    waiting = Delivery.objects.filter(due(now), webhook=OuterRef("pk"))
    found = Webhook.objects.filter(_free(now), _awake(now), Exists(waiting)).order_by(
        F("served_at").asc(nulls_first=True), "pk"
    )
    claims = (claim(pk, holder, now) for pk in list(found.values_list("pk", flat=True)[:room]))
    return [one for one in claims if one]


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
