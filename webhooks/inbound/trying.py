"""What would be made of a body, rule by rule; nothing is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework.exceptions import APIException

from prewarm import quotas
from prewarm.clock import database_now
from prewarm.references import InvalidReference
from prewarm.task_request import count_nodes
from webhooks.inbound.gathering import words_of
from webhooks.inbound.kinds import KINDS, Told
from webhooks.inbound.matching import image_of, is_for
from webhooks.inbound.receiving import MOST_EVENTS, ignored_for
from webhooks.inbound.task_form import wish_for
from webhooks.inbound.words import IGNORED
from webhooks.models import ArrivalOutcome, HookRule, RegistryHook


def try_out(hook: RegistryHook, payload: Any = None) -> dict[str, Any]:
    """Of this body, whenever it was sent; or of an example where there is none. Raises NotUnderstood."""
    kind = KINDS[hook.kind]
    body = kind.example if payload is None else payload
    return {"payload": body, "events": [_event(hook, replace(told, at=None)) for told in kind.read(body)[:MOST_EVENTS]]}


def _event(hook: RegistryHook, told: Told) -> dict[str, Any]:
    reason, image = ignored_for(hook, told, database_now()), ""
    try:
        image = image_of(hook, told)
    except InvalidReference:
        image = told.repository
    rules = [] if reason else [_rule(hook, rule, told, image) for rule in hook.rules.all()]
    if not reason and not any(rule["matches"] for rule in rules):
        reason = "no_rule"
    return {
        "image": image,
        "digest": told.digest,
        "outcome": ArrivalOutcome.IGNORED if reason else ArrivalOutcome.ACCEPTED,
        "reason": reason,
        "message": IGNORED.get(reason, ""),
        "rules": rules,
    }


def _rule(hook: RegistryHook, rule: HookRule, told: Told, image: str) -> dict[str, Any]:
    matches, message = rule.enabled and is_for(rule, told), ""
    if not rule.enabled:
        message = "The rule is disabled."
    elif matches:
        message = _refusal(hook, rule, image)
    return {"rule": rule.pk, "name": str(rule), "matches": matches, "allowed": not message, "message": message}


def _refusal(hook: RegistryHook, rule: HookRule, image: str) -> str:
    try:
        wish = wish_for(rule.task, image, hook.tenant)
    except APIException as refused:
        return words_of(refused)[1]
    if not quotas.limited(hook.tenant):
        return ""
    return quotas.refusal(hook.tenant, count_nodes(wish, hook.tenant), database_now())
