"""What arrives is believed or not, written down, and gathered by the rules that it is for, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import Http404

from prewarm.clock import database_now
from prewarm.crash_points import crash_point
from prewarm.references import InvalidReference
from prewarm.tallies import Growth
from prewarm.transactions import retried
from webhooks.inbound.gathering import gather
from webhooks.inbound.kinds import Told
from webhooks.inbound.matching import image_of, rules_for
from webhooks.inbound.words import IGNORED, REFUSED
from webhooks.metrics import ARRIVALS
from webhooks.models import Arrival, ArrivalOutcome, HookRule, RegistryHook

MOST_EVENTS = 500  # of one body
SEEN_EVERY = timedelta(minutes=1)
# Of these a registry tells all day long: they are counted by the minute instead of told one by one.
COUNTED = frozenset({"not_a_push", "not_a_manifest", "no_tag", "hook_disabled", "heard_before", *REFUSED})


@dataclass(frozen=True)
class Sender:
    """Where something came from."""

    address: str | None = None
    request_id: str = ""


@dataclass
class Heard:
    """How many events came to what."""

    accepted: int = 0
    ignored: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str) -> None:
        if reason:
            self.ignored += 1
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        else:
            self.accepted += 1


def receive(hook: RegistryHook, told: Sequence[Told], sender: Sender) -> Heard:
    """Write down and gather what was told by somebody who is believed. Raises Http404 when the hook was deleted."""

    def work() -> Heard:
        if not RegistryHook.objects.filter(pk=hook.pk).exists():
            raise Http404
        heard, now = Heard(), database_now()
        rules = list(hook.rules.all())
        for one in told[:MOST_EVENTS]:
            heard.add(_take(hook, rules, one, now, sender))
        unseen = RegistryHook.objects.filter(pk=hook.pk).exclude(heard_at__gt=now - SEEN_EVERY)
        unseen.update(heard_at=now)
        _tally(hook, {ArrivalOutcome.ACCEPTED: heard.accepted, ArrivalOutcome.IGNORED: heard.ignored})
        crash_point("arrivals_written", hook.name)
        return heard

    heard = retried(work)
    crash_point("arrivals_committed", hook.name)
    return heard


def refuse(hook: RegistryHook, reason: str, sender: Sender, message: str = "") -> None:
    """Write down that something was not believed or not understood."""
    now = database_now()

    def work() -> None:
        if not RegistryHook.objects.filter(pk=hook.pk).exists():
            return  # deleted just now
        _count(hook, ArrivalOutcome.REFUSED, reason, message or REFUSED[reason], now, sender)
        _tally(hook, {ArrivalOutcome.REFUSED: 1})

    retried(work)


def _tally(hook: RegistryHook, numbers: Mapping[ArrivalOutcome, int]) -> None:
    growth = Growth()
    for outcome, number in numbers.items():
        if number:
            growth.add(ARRIVALS, hook.kind, outcome.value, by=number)
    growth.save()


def ignored_for(hook: RegistryHook, told: Told, now: datetime) -> str:
    """Why nothing follows from this, whatever the rules say; an empty text where they decide."""
    if told.ignored:
        return told.ignored
    if not hook.enabled:
        return "hook_disabled"
    if told.at and told.at < now - timedelta(days=settings.KEEP_ARRIVALS_DAYS):
        return "too_old"
    try:
        image_of(hook, told)
    except InvalidReference:
        return "not_an_image"
    return ""


def _take(hook: RegistryHook, rules: Sequence[HookRule], told: Told, now: datetime, sender: Sender) -> str:
    """The reason why nothing follows from it; empty when it was gathered."""
    reason = ignored_for(hook, told, now)
    found = [] if reason else rules_for(rules, told)
    reason = reason or ("" if found else "no_rule")
    if reason in COUNTED:
        _count(hook, ArrivalOutcome.IGNORED, reason, IGNORED[reason], now, sender, told)
        return reason
    arrival = _first(hook, told, now, sender)
    if arrival is None:
        _count(hook, ArrivalOutcome.IGNORED, "heard_before", IGNORED["heard_before"], now, sender, told)
        return "heard_before"
    gathered = [] if reason else gather(found, image_of(hook, told), told.digest[:140], now)
    reason = reason or ("" if gathered else "same_digest")
    outcome = ArrivalOutcome.IGNORED if reason else ArrivalOutcome.ACCEPTED
    Arrival.objects.filter(pk=arrival.pk).update(
        outcome=outcome,
        reason=reason,
        message=IGNORED[reason] if reason else "",
        gatherings=[str(one.pk) for one in gathered],
    )
    return reason


def _first(hook: RegistryHook, told: Told, now: datetime, sender: Sender) -> Arrival | None:
    """Its row, unless this event has one already: of two that arrive at once, one is the first."""
    row = Arrival(
        hook=hook,
        event=_known_by(hook, "event", told.event) if told.event else None,
        at=now,
        last_at=now,
        outcome=ArrivalOutcome.ACCEPTED,
        **_about(hook, told, sender),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def _count(
    hook: RegistryHook,
    outcome: ArrivalOutcome,
    reason: str,
    message: str,
    now: datetime,
    sender: Sender,
    told: Told | None = None,
) -> None:
    """One more of this sort in this minute."""
    about = _about(hook, told or Told(), sender)
    known_by = _known_by(hook, reason, f"{now:%Y-%m-%dT%H:%M}")
    same = Arrival.objects.filter(hook=hook, event=known_by)
    again: Mapping[str, Any] = {"times": F("times") + 1, "last_at": now, "message": message[:500], **about}
    if same.update(**again):
        return
    fresh = {"at": now, "last_at": now, "outcome": outcome, "reason": reason, "message": message[:500]}
    try:
        with transaction.atomic():
            Arrival(hook=hook, event=known_by, **fresh, **about).save(force_insert=True)
    except IntegrityError:  # another was quicker
        same.update(**again)


def _about(hook: RegistryHook, told: Told, sender: Sender) -> dict[str, Any]:
    image = f"{hook.registry or told.host}/{told.repository}" if told.repository else ""
    return {
        "image": (f"{image}:{told.tag}" if told.tag else image)[:780],
        "digest": told.digest[:140],
        "address": sender.address,
        "request_id": sender.request_id[:64],
    }


def _known_by(hook: RegistryHook, sort: str, text: str) -> str:
    return hashlib.sha256(f"{hook.pk}\n{sort}\n{text}".encode()).hexdigest()
