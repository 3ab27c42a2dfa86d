"""Making, rotating and revoking API keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import By
from accounts.key_check import hashed
from accounts.key_text import KeyText
from accounts.models import ApiKey, Role, Scope, Tenant, User
from accounts.permissions import Rights
from ips.problems import Conflict, Invalid

LASTS = timedelta(days=90)
LONGEST = timedelta(days=365)
OVERLAP = timedelta(hours=24)
MOST_OF_A_TENANT = 50  # that are good now, where the tenant has no limit of its own
NEEDS = {Scope.READ: Role.VIEWER, Scope.TASKS: Role.OPERATOR, Scope.MANAGE: Role.ADMIN}


def make_key(
    owner: User,
    tenant: Tenant,
    name: str,
    by: By,
    *,
    scopes: Iterable[Scope] = (Scope.READ,),
    networks: Iterable[str] = (),
    lasts: timedelta = LASTS,
) -> tuple[ApiKey, str]:
    """Make a key for this owner in this tenant. Returns its row, and its text, which exists nowhere else.

    Raises Invalid (422) for a scope above the owner's role there, Conflict (409) when the tenant has enough keys.
    """
    wanted = [scope for scope in Scope if scope in {Scope.READ, *scopes}]
    role = Rights(owner).role_in(tenant)
    if above := [scope.value for scope in wanted if role not in NEEDS[scope].or_more()]:
        detail = f"A key cannot do more than its owner, who is {role or 'not a member'} here: not {', '.join(above)}."
        raise Invalid([{"pointer": "scopes", "code": "scope_above_role", "detail": detail}])
    now = timezone.now()
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)  # two at once queue up: none is overlooked
        if (used := good_keys(tenant)) >= (most := most_keys(tenant)):
            detail = (
                f"{tenant} may have {most} API keys that are good at once (max_api_keys) and has {used}. Revoke one "
                "that nobody uses, or ask a platform administrator for more."
            )
            raise Conflict("quota_exceeded", detail)
        key, text = _new(owner, tenant, name, wanted, list(networks), now + lasts)
        by.audit("api_key.created", str(key), after=_told(key), tenant=tenant)
    return key, text


def most_keys(tenant: Tenant) -> int:
    return MOST_OF_A_TENANT if tenant.max_api_keys is None else tenant.max_api_keys


def good_keys(tenant: Tenant) -> int:
    """How many keys of the tenant open something now."""
    return ApiKey.objects.filter(tenant=tenant, revoked_at=None, expires_at__gt=timezone.now()).count()


def rotate_key(key: ApiKey, by: By, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """Make a key like this one, which itself goes on for `overlap` at most. Returns as `make_key`.

    What this one had replaced ends now: of a key there are never more than two that are good, however often it is
    rotated. Raises Conflict (409) when the key is not good any more, or was rotated before.
    """
    now = timezone.now()
    with transaction.atomic():
        good = ApiKey.objects.filter(pk=key.pk, revoked_at=None, replaced_by=None, expires_at__gt=now)
        old = good.select_for_update().first()
        if old is None:
            raise Conflict("key_is_over", "This key was revoked, has expired or was rotated before. Make a new one.")
        lasts = old.expires_at - old.created_at
        new, text = _new(old.owner, old.tenant, old.name, old.scopes, old.networks, now + lasts)
        ends = min(old.expires_at, now + overlap)
        if not good.update(replaced_by=new, expires_at=ends):
            raise Conflict("key_is_over", "This key was rotated just now. Look at the list.")
        ApiKey.objects.filter(replaced_by=old, expires_at__gt=now).update(expires_at=now)
        before, after = {"key": str(old)}, {"key": str(new), "old_expires_at": ends.isoformat()}
        by.audit("api_key.rotated", str(old), before=before, after=after, tenant=old.tenant)
    return new, text


def revoke_key(key: ApiKey, by: By) -> None:
    """From the next request on it opens nothing. Harmless when it is revoked already."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            by.audit("api_key.revoked", str(key), tenant=key.tenant)


def _new(
    owner: User, tenant: Tenant, name: str, scopes: list[Any], networks: list[str], expires_at: Any
) -> tuple[ApiKey, str]:
    text = KeyText.new()
    key = ApiKey.objects.create(
        key_id=text.key_id,
        secret_hash=hashed(text.secret),
        last_four=text.text[-4:],
        name=name,
        owner=owner,
        tenant=tenant,
        scopes=[str(scope) for scope in scopes],
        networks=networks,
        expires_at=expires_at,
    )
    return key, text.text


def _told(key: ApiKey) -> dict[str, Any]:
    return {"scopes": key.scopes, "networks": key.networks, "expires_at": key.expires_at.isoformat()}
