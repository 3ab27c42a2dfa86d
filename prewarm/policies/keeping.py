"""Keeping policies: they are made, changed, paused and deleted by these moves, and looked at before they are due."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.shortcuts import get_object_or_404

from accounts.audit import By
from accounts.models import Tenant
from ips.problems import Conflict, FieldError, Invalid
from prewarm.announce import check_named
from prewarm.clock import database_now
from prewarm.image_lists import images_of
from prewarm.models import Policy, PolicyNode
from prewarm.policies.request import FIELDS, whole
from prewarm.tenant_rules import check_images, check_pull_secrets
from prewarm.wording import listed

MOST_OF_A_TENANT = 100


def make_policy(tenant: Tenant, by: By, wish: Mapping[str, Any]) -> Policy:
    """A new one; its first pass is due at once.

    Raises Invalid (422) for what the tenant may not keep warm and for a name that it has, Conflict (409) when it has
    enough of them.
    """
    values = whole(dict(wish))
    permit(values, tenant)
    try:
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)  # two at once queue up: none is overlooked
            if (used := Policy.objects.filter(tenant=tenant).count()) >= MOST_OF_A_TENANT:
                detail = f"{tenant} may have {MOST_OF_A_TENANT} policies and has {used}. Delete one."
                raise Conflict("quota_exceeded", detail)
            now = database_now()
            made = Policy.objects.create(tenant=tenant, created_by=by.user, due_at=now, changed_at=now, **values)
            by.audit("policy.created", str(made.pk), after=values, tenant=tenant)
    except IntegrityError as error:
        raise _taken(values["name"]) from error
    return made


def change_policy(kept: Policy, by: By, wish: Mapping[str, Any]) -> Policy:
    """Change what is named, and look at it soon. Tasks under way go on. Raises as `make_policy`, and Http404."""
    try:
        with transaction.atomic():
            kept = get_object_or_404(Policy.objects.select_for_update(), pk=kept.pk)
            before = settings_of(kept)
            after = whole(dict(wish), before)
            permit(after, kept.tenant)
            changed = [name for name in FIELDS if after[name] != before[name]]
            if changed:
                fresh = {name: after[name] for name in changed}
                if "follow" in fresh:
                    fresh["followed"] = None
                now = database_now()
                _move(kept, **fresh, changed_at=now, due_at=now)
                told = {name: before[name] for name in changed}, {name: after[name] for name in changed}
                by.audit("policy.changed", str(kept.pk), before=told[0], after=told[1], tenant=kept.tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return kept


def settings_of(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in FIELDS}


def delete_policy(kept: Policy, by: By) -> None:
    """Its tasks stay, and go on to their end."""
    with transaction.atomic():
        if Policy.objects.select_for_update().filter(pk=kept.pk).first():  # a pass that writes ends before
            PolicyNode.objects.filter(policy=kept).delete()
            Policy.objects.filter(pk=kept.pk).delete()
            by.audit("policy.deleted", str(kept.pk), before={"name": kept.name}, tenant=kept.tenant)


def pause(kept: Policy, by: By) -> Policy:
    """Ask for nothing more; tasks under way go on. Raises Conflict (409) for one that is paused."""
    with transaction.atomic():
        now = database_now()
        if not _moved(kept, paused_at=now, where={"paused_at": None}):
            raise Conflict("policy_paused", "The policy is paused already.")
        by.audit("policy.paused", str(kept.pk), tenant=kept.tenant)
    kept.refresh_from_db()
    return kept


def resume(kept: Policy, by: By) -> Policy:
    """Go on, at once. Raises Conflict (409) for one that is not paused."""
    with transaction.atomic():
        if not _moved(kept, paused_at=None, due_at=database_now(), where={"paused_at__isnull": False}):
            raise Conflict("policy_runs", "The policy is not paused.")
        by.audit("policy.resumed", str(kept.pk), tenant=kept.tenant)
    kept.refresh_from_db()
    return kept


def check_now(kept: Policy, by: By) -> Policy:
    """Let the next tick look at it. Raises Conflict (409) while it is paused."""
    with transaction.atomic():
        fresh: dict[str, Any] = {"followed": None} if kept.follow else {}
        if not _moved(kept, where={"paused_at": None}, due_at=database_now(), **fresh):
            raise Conflict("policy_paused", "The policy is paused. Resume it first.")
        by.audit("policy.checked", str(kept.pk), tenant=kept.tenant)
    kept.refresh_from_db()
    return kept


def _move(kept: Policy, **values: Any) -> None:
    """Write, and let a pass that is under way find that it is too late."""
    Policy.objects.filter(pk=kept.pk).update(token=F("token") + 1, **values)
    kept.refresh_from_db()


def _moved(kept: Policy, *, where: Mapping[str, Any], **values: Any) -> bool:
    return Policy.objects.filter(pk=kept.pk, **where).update(token=F("token") + 1, **values) == 1


def permit(values: dict[str, Any], tenant: Tenant) -> None:
    """Raises Invalid (422), naming it, for whatever this tenant may not keep warm."""
    check_images({image: f"images/{at}" for at, image in enumerate(values["images"])}, tenant)
    images_of([uuid.UUID(one) for one in values["image_lists"]], tenant)
    check_pull_secrets_of(values["task"], tenant)
    if values["task"].get("webhooks"):
        try:
            check_named([uuid.UUID(one) for one in values["task"]["webhooks"]], tenant)
        except Invalid as wrong:
            raise Invalid([{**error, "pointer": f"task/{error['pointer']}"} for error in wrong.errors]) from wrong
    if values["priority"] > tenant.max_priority:
        detail = f"{tenant.slug} may ask for priority {tenant.max_priority} at most."
        raise Invalid([{"pointer": "priority", "code": "above_max_priority", "detail": detail}])
    _check_namespaces(values["follow"], tenant)


def check_pull_secrets_of(task: Mapping[str, Any], tenant: Tenant) -> None:
    try:
        check_pull_secrets(task.get("pull_secrets", ()), tenant)
    except Invalid as wrong:
        raise Invalid([{**error, "pointer": f"task/{error['pointer']}"} for error in wrong.errors]) from wrong


def _check_namespaces(follow: Mapping[str, Any] | None, tenant: Tenant) -> None:
    attached = tenant.followed_namespaces or []
    may = f"These are: {listed(attached)}" if attached else "None is"
    errors: list[FieldError] = [
        {
            "pointer": f"follow/namespaces/{at}",
            "code": "namespace_not_attached",
            "detail": f"{namespace} is not attached to {tenant}. {may}; a platform administrator can add to its "
            "followed_namespaces.",
        }
        for at, namespace in enumerate(follow["namespaces"] if follow else ())
        if namespace not in attached
    ]
    if errors:
        raise Invalid(errors)


def _taken(name: str) -> Invalid:
    detail = f"The tenant has a policy {name!r} already. Change that one, or take another name."
    return Invalid([{"pointer": "name", "code": "taken", "detail": detail}])
