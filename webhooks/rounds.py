"""Delivering: webhooks that have something due are served side by side, each by one thread, one message at a time."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from django.conf import settings
from django.db import connections
from django.db.models import F

from ips.outbound import Guard
from prewarm.clock import database_now
from prewarm.crash_points import crash_point
from prewarm.transactions import AWAY, retried
from webhooks import claims, letters
from webhooks.attempt import attempt
from webhooks.claims import Claim, ClaimLost, Whose
from webhooks.kinds import KINDS
from webhooks.letters import Letter
from webhooks.models import Delivery, DeliveryStatus, Webhook
from webhooks.pacing import take
from webhooks.settle import settle

log = logging.getLogger(__name__)

ROUND_SECONDS = 15.0
SERVED_SECONDS = 2.0  # then it is another's turn, if somebody waits
MOST_TOGETHER = 200
Over = Callable[[], bool]


class Rounds:
    """This process' way of delivering."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stopping = threading.Event()

    def stop(self) -> None:
        """Start nothing more. What is under way ends, or is sent again by another under the same id."""
        self.stopping.set()

    def go(self) -> bool:
        """Serve what is due for some seconds; whether something is left."""
        until = time.monotonic() + ROUND_SECONDS
        running: dict[Future[None], Whose] = {}

        def over() -> bool:
            return self.stopping.is_set() or time.monotonic() > until

        with ThreadPoolExecutor(settings.DELIVERY_THREADS, "deliver") as threads:
            while not over():
                room, busy = settings.DELIVERY_THREADS - len(running), Counter(running.values())
                for claim in claims.claim_due(self.holder, room, busy):
                    running[threads.submit(_serve_apart, claim, over)] = claim.webhook.tenant_id
                if not running:
                    return False
                for one in wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done:
                    del running[one]
                    one.result()
        return not self.stopping.is_set()


def _serve_apart(claim: Claim, over: Over) -> None:
    """Serve in a thread, with a connection of its own. What the database breaks off is found again by its lease."""
    try:
        serve(claim, over)
    except ClaimLost:
        log.warning("another delivers now", extra={"webhook": str(claim.webhook.pk)})
    except AWAY as error:
        log.warning("delivering was broken off", extra={"webhook": str(claim.webhook.pk), "error": str(error)})
    finally:
        connections.close_all()


def serve(claim: Claim, over: Over) -> None:
    """Send what is due to one webhook, oldest first; a delivery that waits for its next try holds up nobody.

    Ends after two seconds, when nothing is due, or when the place is to be left alone, and lets go. Raises ClaimLost.
    """
    until, renewed = time.monotonic() + SERVED_SECONDS, time.monotonic()
    guard = Guard.of_settings()
    while not over() and time.monotonic() < until:
        if time.monotonic() - renewed > claims.MARGIN_SECONDS:
            renewed = time.monotonic()
            claims.renew(claim)
        deliveries = next_due(claim)
        if not deliveries:
            break
        deliver(claim, deliveries, guard)
        if claim.webhook.rests_until:
            break
    claims.let_go(claim)


def deliver(claim: Claim, deliveries: list[Delivery], guard: Guard) -> None:
    """One message. No transaction is open meanwhile. Raises ClaimLost."""
    started = database_now()
    told = [Letter.of(delivery) for delivery in deliveries]
    crash_point("delivery_sending", claim.webhook.name)
    tried = attempt(claim.webhook, told, started, guard)
    log.info(
        "delivery tried",
        extra={
            "webhook": str(claim.webhook.pk),
            "delivery": str(deliveries[0].pk),
            "together": len(deliveries),
            "outcome": tried.verdict.outcome.value,
            "code": tried.verdict.code,
        },
    )
    settle(claim, deliveries, tried, started, database_now())


def next_due(claim: Claim) -> list[Delivery]:
    """What to tell next, in one message: one delivery, or all that is due where there is not room for one each.

    Empty when nothing is due, or the place must not be told more this minute; then the webhook rests.
    """
    most = KINDS[claim.webhook.kind].per_minute
    found = written(claim, MOST_TOGETHER if most else 1)
    if not found or most is None:
        return found
    place = take(claim.webhook.url, most, database_now())
    if place.wait:
        claim.webhook.rests_until = database_now() + timedelta(seconds=place.wait)
        claims.write(claim, rests_until=claim.webhook.rests_until)
        return []
    return found if len(found) > place.left + 1 else found[:1]


def written(claim: Claim, most: int) -> list[Delivery]:
    """The oldest that are due, with their bodies; those that the webhook's selector leaves out are removed."""
    while True:
        now = database_now()
        due = Delivery.objects.filter(claims.due(now), webhook=claim.webhook).order_by("due_at", "created_at", "pk")
        found = list(due[:most])
        kept = [one for one in found if one.body or _write(claim, one)]
        if kept or not found:
            return kept


def _write(claim: Claim, delivery: Delivery) -> bool:
    """Give it its number and its body, once and for all; false when it is not for this webhook."""
    if not letters.is_for(claim.webhook, delivery):
        delivery.delete()
        return False

    def work() -> bool:
        claims.write(claim, sequence=F("sequence") + 1)
        sequence = Webhook.objects.values_list("sequence", flat=True).get(pk=claim.webhook.pk)
        delivery.sequence = sequence
        delivery.body = letters.compose(delivery, sequence)
        unwritten = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING, body="")
        return bool(unwritten.update(sequence=sequence, body=delivery.body))

    return retried(work)
