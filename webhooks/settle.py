"""What a try means for its deliveries and for the webhook: written in one transaction, if the claim still holds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from accounts.audit import By
from prewarm.crash_points import crash_point
from prewarm.tallies import Growth
from prewarm.transactions import retried
from webhooks.attempt import Tried
from webhooks.claims import Claim, write
from webhooks.events import TEST
from webhooks.kinds import KINDS, Outcome, Verdict
from webhooks.kinds.kind import LONGEST_WAIT
from webhooks.metrics import DELIVERIES, DELIVERY_SECONDS
from webhooks.models import Delivery, DeliveryAttempt, DeliveryStatus, Webhook

JITTER = 0.2
REST_FROM = 3  # failures in a row, before a place that does not answer gets a rest
LONGEST_REST = 300.0
REFUSALS_BORNE = 5  # in a row, over some minutes, before nothing more is sent
FEWEST_FAILURES = 10


def settle(claim: Claim, deliveries: Sequence[Delivery], tried: Tried, started: datetime, now: datetime) -> None:
    """Write the attempt of each delivery, when it is tried next or how it ended, and how the webhook fares.

    Raises ClaimLost, and nothing is written, when another has claimed the webhook since: what it writes counts.
    """
    crash_point("delivery_sent", claim.webhook.name)
    retried(lambda: _settle(claim, deliveries, tried, started, now))
    crash_point("delivery_saved", claim.webhook.name)


def _settle(claim: Claim, deliveries: Sequence[Delivery], tried: Tried, started: datetime, now: datetime) -> None:
    fares = _fares(claim.webhook, tried, now)
    write(claim, **fares)
    DeliveryAttempt.objects.bulk_create([_attempt(one, tried, started, len(deliveries)) for one in deliveries])
    for delivery in deliveries:
        _write(delivery, claim.webhook, tried, now, enabled="enabled" not in fares and claim.webhook.enabled)
    if fares.get("enabled") is False:
        _disabled(claim.webhook, str(fares["disabled_reason"]), now)
    growth = Growth()
    growth.add(DELIVERIES, claim.webhook.kind, tried.verdict.outcome.value, by=len(deliveries))
    growth.observe(DELIVERY_SECONDS, claim.webhook.kind, milliseconds=tried.milliseconds)
    growth.save()
    for name, value in fares.items():
        setattr(claim.webhook, name, value)


def next_wait(webhook: Webhook, tries: int) -> float | None:
    """How long to wait after so many tries, in seconds, more or less; None when it is not tried again."""
    waits = settings.CHAT_WAITS if KINDS[webhook.kind].chats else settings.DELIVERY_WAITS
    if tries > len(waits):
        return None
    return float(waits[tries - 1]) * random.uniform(1 - JITTER, 1 + JITTER)


def _write(delivery: Delivery, webhook: Webhook, tried: Tried, now: datetime, *, enabled: bool) -> None:
    verdict, tries = tried.verdict, delivery.tries + 1
    values: dict[str, object] = {"attempts": delivery.attempts + 1, "tries": tries}
    wait = next_wait(webhook, tries) if verdict.outcome == Outcome.AGAIN and enabled else None
    if wait is not None and delivery.event != TEST:
        wait = min(max(wait, verdict.wait or 0.0), LONGEST_WAIT)
        values |= {"due_at": now + timedelta(seconds=wait), "code": verdict.code, "message": verdict.message[:500]}
    else:
        good = verdict.outcome == Outcome.DELIVERED
        values |= {
            "status": DeliveryStatus.DELIVERED if good else DeliveryStatus.FAILED,
            "code": verdict.code,
            "message": verdict.message[:500],
            "due_at": None,
            "finished_at": now,
        }
    Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING).update(**values)


def _attempt(delivery: Delivery, tried: Tried, started: datetime, together: int) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery=delivery,
        number=delivery.attempts + 1,
        started_at=started,
        milliseconds=tried.milliseconds,
        together=together,
        headers=dict(tried.headers),
        status=tried.status,
        code=tried.verdict.code,
        message=tried.verdict.message[:500],
        answer=tried.answer,
        listed=tried.listed,
    )


def _fares(webhook: Webhook, tried: Tried, now: datetime) -> dict[str, object]:
    """The webhook's own columns after this try."""
    verdict = tried.verdict
    if verdict.outcome == Outcome.DELIVERED:
        return {"failing_since": None, "failures": 0, "refusals": 0, "refused_since": None, "rests_until": None}
    failures, refused = webhook.failures + 1, verdict.outcome == Outcome.STOP
    refusals = webhook.refusals + 1 if refused else webhook.refusals
    since, refused_since = webhook.failing_since or now, webhook.refused_since or (now if refused else None)
    values: dict[str, object] = {
        "failing_since": since,
        "failures": failures,
        "refusals": refusals,
        "refused_since": refused_since,
    }
    if verdict.rests and verdict.wait:
        values["rests_until"] = now + timedelta(seconds=verdict.wait)
    elif failures >= REST_FROM:
        rest = min(LONGEST_REST, settings.WEBHOOK_REST_SECONDS * 2.0 ** min(failures - REST_FROM, 10))
        values["rests_until"] = now + timedelta(seconds=rest)
    refused_for = now - refused_since if refused_since else timedelta(0)
    if webhook.enabled and (why := _why_disabled(verdict, failures, refusals, now - since, refused_for)):
        values |= {"enabled": False, "disabled_at": now, "disabled_reason": why[:300]}
    return values


def _why_disabled(verdict: Verdict, failures: int, refusals: int, lasts: timedelta, refused_for: timedelta) -> str:
    """In words, or an empty text. Many refusals at once are one bad moment of the receiver's; they must last."""
    if verdict.outcome == Outcome.GONE:
        return verdict.message
    if refusals >= REFUSALS_BORNE and refused_for >= timedelta(seconds=settings.WEBHOOK_REFUSED_SECONDS):
        return f"Refused {refusals} times in a row: {verdict.message}"
    hours = settings.WEBHOOK_DISABLE_HOURS
    if failures >= FEWEST_FAILURES and lasts > timedelta(hours=hours):
        return f"Failed for more than {hours} hours, {failures} times in a row: {verdict.message}"
    return ""


def _disabled(webhook: Webhook, why: str, now: datetime) -> None:
    """What still waits ends, so that somebody sees it and can have it sent again."""
    waiting = Delivery.objects.filter(webhook=webhook, status=DeliveryStatus.PENDING)
    ended = {"status": DeliveryStatus.FAILED, "code": "webhook_disabled", "due_at": None, "finished_at": now}
    waiting.update(**ended, message="The webhook was disabled before this was delivered.")
    By(None, "ips").audit("webhook.disabled", str(webhook.pk), after={"reason": why}, tenant=webhook.tenant)
