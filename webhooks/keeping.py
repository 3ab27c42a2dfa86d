"""Keeping webhooks: they are made, changed, tried out and deleted by these moves, and what failed is sent again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.audit import By
from accounts.models import Tenant
from accounts.tenant_usage import most_webhooks
from ips.problems import Conflict, FieldError, Invalid
from prewarm.clock import database_now
from prewarm.models import Schedule
from webhooks.doorbell import ring_deliveries
from webhooks.events import TEST
from webhooks.models import Delivery, DeliveryStatus, Webhook, WebhookKind
from webhooks.signing import new_secret

OVERLAP = timedelta(hours=24)
CREDENTIALS = ("url", "secret")
MENDED = {"failing_since": None, "failures": 0, "refusals": 0, "refused_since": None, "rests_until": None}
MOST_AGAIN = 1000  # deliveries that are sent again at once
# Deliveries of what happened in their webhook's own tenant, or in any where it is of all tenants.
OWN = Q(webhook__tenant=None) | Q(of_tenant=None) | Q(of_tenant=F("webhook__tenant"))


def make_webhook(tenant: Tenant | None, by: By, wish: Mapping[str, Any]) -> Webhook:
    """A new one, of all tenants where none is named; a generic one that brings no secret gets one.

    Raises Invalid (422) for a name that the tenant has, Conflict (409) when it has enough of them.
    """
    values = dict(wish)
    if values["kind"] == WebhookKind.GENERIC and not values.get("secret"):
        values["secret"] = new_secret()
    try:
        with transaction.atomic():
            check_schedules(values.get("schedules", ()), tenant)
            if tenant is None:
                _refuse_taken(values["name"])
            else:
                tenant = _with_room(tenant)
            made = Webhook.objects.create(tenant=tenant, created_by=by.user, **values)
            by.audit("webhook.created", str(made.pk), after=_told(values), tenant=tenant)
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    return made


def _with_room(tenant: Tenant) -> Tenant:
    """The tenant, locked, so that two at once queue up and none is overlooked. Raises Conflict (409)."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    most = most_webhooks(tenant)
    if (used := Webhook.objects.filter(tenant=tenant).count()) >= most:
        detail = (
            f"{tenant} may have {most} webhooks (max_webhooks) and has {used}. Delete one, or ask a platform "
            "administrator for more."
        )
        raise Conflict("quota_exceeded", detail)
    return tenant


def _refuse_taken(name: str) -> None:
    """Of webhooks of all tenants, whose names no constraint of the database keeps apart."""
    if Webhook.objects.filter(tenant=None, name=name).exists():
        raise _taken(name)


def change_webhook(kept: Webhook, by: By, wish: Mapping[str, Any]) -> Webhook:
    """Change what is named; one that is enabled again begins anew. Raises as `make_webhook`, and Http404.

    Only a webhook of all tenants becomes one of `tenant`; what it still was to tell of others is told to nobody.
    """
    try:
        with transaction.atomic():
            kept = get_object_or_404(Webhook.objects.select_for_update(), pk=kept.pk)
            before = {name: getattr(kept, name) for name, value in wish.items() if getattr(kept, name) != value}
            if "tenant" in before:
                _narrow(kept, wish["tenant"])
            elif "name" in before and kept.tenant is None:
                _refuse_taken(wish["name"])
            if "schedules" in before:
                check_schedules(wish["schedules"], kept.tenant, kept.schedules)
            if before:
                fresh = {name: wish[name] for name in before} | _follows(kept, before, wish)
                for name, value in fresh.items():
                    setattr(kept, name, value)
                kept.save(update_fields=[*fresh, "changed_at"])
                after = {name: wish[name] for name in before}
                by.audit("webhook.changed", str(kept.pk), before=_told(before), after=_told(after), tenant=kept.tenant)
    except IntegrityError as error:
        raise _taken(wish.get("name", kept.name)) from error
    return kept


def _narrow(kept: Webhook, tenant: Tenant) -> None:
    if kept.tenant is not None:
        raise Conflict("tenant_stays", f"This webhook is {kept.tenant}'s. Make another one for {tenant}.")
    _with_room(tenant)
    others = kept.deliveries.filter(status=DeliveryStatus.PENDING).exclude(of_tenant=tenant)
    message = f"The webhook has become one of {tenant} alone."
    ended = {"status": DeliveryStatus.FAILED, "code": "webhook_narrowed", "message": message}
    others.update(**ended, due_at=None, finished_at=database_now())


def delete_webhook(kept: Webhook, by: By) -> None:
    """With all that it was told and still is to be told."""
    with transaction.atomic():
        if Webhook.objects.filter(pk=kept.pk).delete()[0]:
            by.audit("webhook.deleted", str(kept.pk), before={"name": kept.name}, tenant=kept.tenant)


def rotate_secret(kept: Webhook, by: By, overlap: timedelta = OVERLAP) -> str:
    """A new secret, which is returned and shown nowhere else; for `overlap` both sign. Raises Conflict (409)."""
    if kept.kind != WebhookKind.GENERIC:
        raise Conflict("no_such_secret", "Only generic webhooks have a secret of ours. Make a new one at the vendor's.")
    with transaction.atomic():
        kept = get_object_or_404(Webhook.objects.select_for_update(), pk=kept.pk)
        kept.old_secret, kept.old_secret_until = kept.secret, timezone.now() + overlap
        kept.secret = new_secret()
        kept.save(update_fields=["secret", "old_secret", "old_secret_until", "changed_at"])
        until = kept.old_secret_until.isoformat()
        by.audit("webhook.rotated", str(kept.pk), after={"both_sign_until": until}, tenant=kept.tenant)
    return kept.secret


def send_test(kept: Webhook, by: By) -> Delivery:
    """One message that is tried once, also where the webhook is disabled; how it went is in the delivery."""
    with transaction.atomic():
        now = database_now()
        made = Delivery.objects.create(
            webhook=kept,
            event=TEST,
            about=str(kept.pk),
            at=now,
            text="This is a test. Messages of IPS arrive here.",
            due_at=now,
            created_at=now,
        )
        Webhook.objects.filter(pk=kept.pk).update(rests_until=None)
        by.audit("webhook.tested", str(kept.pk), after={"delivery": str(made.pk)}, tenant=kept.tenant)
        transaction.on_commit(ring_deliveries)
    return made


def redeliver(delivery: Delivery, by: By) -> Delivery:
    """Send it again under its id, with its body. Raises Conflict (409) while it still waits for a try."""
    with transaction.atomic():
        ended = Delivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.PENDING)
        if not _again(ended):
            raise Conflict("delivery_waits", "This delivery waits for its next try already.")
        by.audit("delivery.redelivered", str(delivery.pk), tenant=delivery.webhook.tenant)
        transaction.on_commit(ring_deliveries)
    delivery.refresh_from_db()
    return delivery


def redeliver_failed(kept: Webhook, since: datetime, by: By) -> tuple[int, int]:
    """Send again what failed of what happened since then, the oldest first; how many, and how many more there are."""
    with transaction.atomic():
        failed = kept.deliveries.filter(OWN, status=DeliveryStatus.FAILED, at__gte=since).exclude(event=TEST)
        oldest = list(failed.order_by("at", "pk").values_list("pk", flat=True)[:MOST_AGAIN])
        number = _again(Delivery.objects.filter(pk__in=oldest, status=DeliveryStatus.FAILED))
        left = failed.count() if len(oldest) == MOST_AGAIN else 0
        if number:
            after = {"since": since.isoformat(), "deliveries": number}
            by.audit("webhook.redelivered", str(kept.pk), after=after, tenant=kept.tenant)
            transaction.on_commit(ring_deliveries)
    return number, left


def check_schedules(named: Sequence[str], tenant: Tenant | None, known: Sequence[str] = ()) -> None:
    """Raises Invalid (422) for an id that is no schedule of the tenant; what was named before may be gone by now."""
    rows = Schedule.objects.filter(pk__in=named)
    there = {str(pk) for pk in (rows.filter(tenant=tenant) if tenant else rows).values_list("pk", flat=True)}
    detail = "This tenant has no such schedule."
    missing: list[FieldError] = [
        {"pointer": f"schedules/{at}", "code": "not_found", "detail": detail}
        for at, pk in enumerate(named)
        if pk not in there and pk not in known
    ]
    if missing:
        raise Invalid(missing)


def _again(ended: Any) -> int:
    fresh = {"status": DeliveryStatus.PENDING, "due_at": database_now(), "tries": 0, "finished_at": None}
    number: int = ended.update(**fresh)
    return number


def _follows(kept: Webhook, before: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    """What else changes with it: health begins anew with another address or once somebody enables it.

    Whoever is just telling the old address something loses the claim: what that one answers says nothing of this one.
    """
    fresh: dict[str, Any] = {}
    if "url" in before:
        fresh |= {"holder": "", "lease_until": None, "token": kept.token + 1}
    if "url" in before or wish.get("enabled"):
        fresh |= MENDED
    if "enabled" in before:
        fresh |= {"disabled_reason": "", "disabled_at": None if wish["enabled"] else timezone.now()}
    return fresh


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """For the audit: that a credential was given, never which."""
    return {name: "(hidden)" if name in CREDENTIALS and value else _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID | Tenant) else value


def _taken(name: str) -> Invalid:
    detail = f"There is a webhook {name!r} already. Change that one, or take another name."
    return Invalid([{"pointer": "name", "code": "taken", "detail": detail}])
