"""Keeping hooks: they are made, changed, given new credentials and deleted by these moves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from accounts.audit import By
from accounts.models import Tenant
from accounts.tenant_usage import MOST_REGISTRY_HOOKS
from ips.problems import Conflict, FieldError, Invalid
from prewarm.clock import database_now
from webhooks.inbound.credentials import hashed, new_secret, new_token
from webhooks.models import HookRule, RegistryHook

OVERLAP = timedelta(hours=24)
RULE_FIELDS = ("name", "repositories", "tags", "task", "debounce_seconds", "pin", "enabled")


@dataclass(frozen=True)
class Shown:
    """What is shown once; an empty text for what has not changed."""

    token: str = ""
    secret: str = ""


def make_hook(tenant: Tenant, by: By, wish: Mapping[str, Any]) -> tuple[RegistryHook, Shown]:
    """A new one, and its token and secret, which exist nowhere else.

    Raises Invalid (422) for a name that the tenant has or a rule that it may not have, Conflict (409) when it has
    enough hooks.
    """
    shown = Shown(new_token(), new_secret())
    values = {name: value for name, value in wish.items() if name != "rules"}
    try:
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)  # two at once queue up: none is overlooked
            if (used := RegistryHook.objects.filter(tenant=tenant).count()) >= MOST_REGISTRY_HOOKS:
                detail = f"{tenant} may have {MOST_REGISTRY_HOOKS} registry hooks and has {used}. Delete one."
                raise Conflict("quota_exceeded", detail)
            made = RegistryHook.objects.create(
                tenant=tenant,
                created_by=by.user,
                token_hash=hashed(shown.token),
                secret_hash=hashed(shown.secret),
                **values,
            )
            _write_rules(made, wish.get("rules", ()))
            by.audit("registry_hook.created", str(made.pk), after=_told(wish), tenant=tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return made, shown


def change_hook(kept: RegistryHook, by: By, wish: Mapping[str, Any]) -> RegistryHook:
    """Change what is named; `rules` replaces them all. Raises as `make_hook`, and Http404."""
    try:
        with transaction.atomic():
            kept = get_object_or_404(RegistryHook.objects.select_for_update(), pk=kept.pk)
            old: dict[str, Any] = {name: getattr(kept, name) for name in wish if name != "rules"}
            if "rules" in wish:
                old["rules"] = [_rule(rule) for rule in kept.rules.all()]
            for name, value in wish.items():
                if name != "rules":
                    setattr(kept, name, value)
            kept.save(update_fields=[*(name for name in wish if name != "rules"), "changed_at"])
            if "rules" in wish:
                _write_rules(kept, wish["rules"])
            new = _told(wish)
            changed = [name for name in new if new[name] != _plain(old[name])]
            if changed:
                before = {name: _plain(old[name]) for name in changed}
                after = {name: new[name] for name in changed}
                by.audit("registry_hook.changed", str(kept.pk), before=before, after=after, tenant=kept.tenant)
    except IntegrityError as error:
        raise _taken(wish["name"]) from error
    return kept


def delete_hook(kept: RegistryHook, by: By) -> None:
    """With its rules and all that arrived; what still waits makes no task."""
    with transaction.atomic():
        if RegistryHook.objects.select_for_update().filter(pk=kept.pk).first():  # who writes down arrivals ends before
            RegistryHook.objects.filter(pk=kept.pk).delete()
            by.audit("registry_hook.deleted", str(kept.pk), before={"name": kept.name}, tenant=kept.tenant)


def rotate(
    kept: RegistryHook, by: By, *, token: bool = False, secret: bool = True, overlap: timedelta = OVERLAP
) -> Shown:
    """A new token, secret or both, shown nowhere else; for `overlap` the old ones go on."""
    shown = Shown(new_token() if token else "", new_secret() if secret else "")
    with transaction.atomic():
        kept = get_object_or_404(RegistryHook.objects.select_for_update(), pk=kept.pk)
        until = database_now() + overlap
        fields = ["changed_at"]
        if token:
            kept.old_token_hash, kept.old_token_until = kept.token_hash, until
            kept.token_hash = hashed(shown.token)
            fields += ["old_token_hash", "old_token_until", "token_hash"]
        if secret:
            kept.old_secret_hash, kept.old_secret_until = kept.secret_hash, until
            kept.secret_hash = hashed(shown.secret)
            fields += ["old_secret_hash", "old_secret_until", "secret_hash"]
        kept.save(update_fields=fields)
        what = " and ".join(name for name, new in (("address", token), ("key", secret)) if new)
        after = {"new": what, "old_until": until.isoformat()}
        by.audit("registry_hook.rotated", str(kept.pk), after=after, tenant=kept.tenant)
    return shown


def _write_rules(hook: RegistryHook, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Rules that name their id stay the same rules; what is not named goes."""
    there = {rule.pk: rule for rule in hook.rules.all()}
    missing: list[FieldError] = [
        {"pointer": f"rules/{at}/id", "code": "not_found", "detail": "This hook has no such rule. Leave the id out."}
        for at, wish in enumerate(wanted)
        if wish.get("id") is not None and wish["id"] not in there
    ]
    if missing:
        raise Invalid(missing)
    kept = [wish["id"] for wish in wanted if wish.get("id") is not None]
    if len(set(kept)) < len(kept):
        raise serializers.ValidationError({"rules": "Two rules have the same id."}, "invalid")
    HookRule.objects.filter(hook=hook).exclude(pk__in=kept).delete()
    for position, wish in enumerate(wanted):
        values = {name: wish[name] for name in RULE_FIELDS if name in wish}
        rule = there.get(wish["id"]) if wish.get("id") is not None else None
        if rule is None:
            HookRule.objects.create(hook=hook, position=position, **values)
            continue
        for name, value in {**values, "position": position}.items():
            setattr(rule, name, value)
        rule.save()


def _rule(rule: HookRule) -> dict[str, Any]:
    return {"id": str(rule.pk), **{name: getattr(rule, name) for name in RULE_FIELDS}}


def _told(wish: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in wish.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _taken(name: str) -> Invalid:
    detail = f"The tenant has a registry hook {name!r} already. Change that one, or take another name."
    return Invalid([{"pointer": "name", "code": "taken", "detail": detail}])
