"""What a request may say of a webhook; every refusal with its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from rest_framework import serializers

from ips.human_names import HumanNameField
from ips.outbound import Guard, OutboundError
from ips.outbound.target import target_of
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm import selectors
from webhooks.attempt import check_host
from webhooks.events import CHOOSABLE
from webhooks.kinds import KINDS
from webhooks.models import Language, WebhookKind
from webhooks.signing import secret_problem

_MOBILE = re.compile(r"[+0-9][0-9-]{4,19}", re.ASCII)
_UNSEEN = re.compile(r"[^\x20-\x7e]")


class MobileField(serializers.CharField):
    """A telephone number, as DingTalk knows it."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not _MOBILE.fullmatch(text):
            raise serializers.ValidationError("Write a telephone number, like 13800138000.", "invalid")
        return text


class WebhookChange(StrictFields):
    """What is to be changed. `url` and `secret` are never shown again; what is not sent stays."""

    name = HumanNameField(required=False)
    url = serializers.CharField(required=False, max_length=2048)
    secret = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Generic: whsec_…, by default a new one. DingTalk: the robot's SEC…, if it signs.",
    )
    language = serializers.ChoiceField(Language.choices, required=False)
    keyword = HumanNameField(required=False, allow_blank=True)
    at_mobiles = serializers.ListField(child=MobileField(), required=False, max_length=20)
    events = serializers.ListField(
        child=serializers.ChoiceField(CHOOSABLE), required=False, help_text="Empty for all.", max_length=len(CHOOSABLE)
    )
    only_failures = serializers.BooleanField(required=False)
    named_only = serializers.BooleanField(required=False, help_text="Only of tasks that name it in `webhooks`.")
    schedules = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100)
    selector = serializers.CharField(
        required=False, allow_blank=True, max_length=2048, help_text="Only of tasks with a node that matches."
    )
    enabled = serializers.BooleanField(required=False)
    tenant = serializers.SlugField(
        required=False, max_length=63, help_text="Of a webhook of all tenants: from now on of this one alone."
    )

    def validate_at_mobiles(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_events(self, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    def validate_schedules(self, value: list[Any]) -> list[str]:
        return list(dict.fromkeys(map(str, value)))

    def validate_selector(self, value: str) -> str:
        if value:
            try:
                selectors.parse(value)
            except selectors.InvalidSelector as wrong:
                raise serializers.ValidationError(str(wrong), "invalid") from wrong
        return value


class WebhookRequest(WebhookChange):
    tenant = serializers.SlugField(max_length=63, default="", help_text="By default `default`.")
    all_tenants = serializers.BooleanField(
        default=False, help_text="It hears of what happens in all tenants; for platform administrators."
    )
    name = HumanNameField()
    kind = serializers.ChoiceField(WebhookKind.choices)
    url = serializers.CharField(max_length=2048)


class Since(StrictFields):
    """From when on what failed is sent again."""

    since = serializers.DateTimeField()


class Overlap(StrictFields):
    overlap_hours = WholeNumberField(default=24, min_value=0, max_value=168, help_text="So long both secrets sign.")


def fitting(kind: str, wish: Mapping[str, Any]) -> None:
    """Refuse (ValidationError) what a webhook of this kind cannot have: its address, its secret, robots' fields.

    The address is looked at again at every try, and then by what its name resolves to.
    """
    wrong: dict[str, str] = {}
    if "url" in wish and (text := _url_problem(kind, wish["url"])):
        wrong["url"] = text
    if (secret := wish.get("secret")) is not None and (text := _secret_problem(kind, secret)):
        wrong["secret"] = text
    for name in ("keyword", "at_mobiles") if kind != WebhookKind.DINGTALK else ():
        if wish.get(name):
            wrong[name] = "Only DingTalk's robots have this."
    if len(wish.get("keyword", "")) > 60:
        wrong["keyword"] = "A keyword has at most 60 characters."
    if wrong:
        raise serializers.ValidationError(wrong, "invalid")


def _url_problem(kind: str, url: str) -> str:
    if _UNSEEN.search(url) or " " in url:
        return "An address has visible ASCII characters only; write others in %-escapes or in Punycode."
    try:
        check_host(KINDS[kind], url)
        target = target_of(url)
        if _is_literal(target.host):
            Guard.of_settings().addresses(target, 1)
    except OutboundError as error:
        return error.message
    return ""


def _secret_problem(kind: str, secret: str) -> str:
    if kind == WebhookKind.GENERIC:
        return secret_problem(secret)
    if secret and kind == WebhookKind.SLACK:
        return "Slack's webhooks have no secret but their address."
    return "A secret has visible ASCII characters only." if _UNSEEN.search(secret) else ""


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost"
    return True
