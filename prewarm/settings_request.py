"""What PATCH settings/ may say: every field checked, every refusal with its field and its remedy."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm import references
from prewarm.pull_windows import PullWindowsField
from prewarm.windows import DAYS, Window, minutes

MOST_PULLS, MOST_WRITES, MOST_DAYS, MOST_HOSTS, MOST_WINDOWS = 100_000, 10_000, 3650, 500, 50
MOST_WORDS = 300
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_NO_STOP = "At least 1. To let nothing start, set intake_paused."


class PullsField(WholeNumberField):
    """How many pull jobs at once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=1, max_value=MOST_PULLS, error_messages={"min_value": _NO_STOP}, allow_null=True, **options
        )


class WindowField(serializers.Serializer[Any]):
    """A stretch of some days of the week in which pulls may start; an end before the start is on the next day."""

    days = serializers.ListField(child=serializers.ChoiceField(DAYS), allow_empty=False, max_length=7)
    start = serializers.CharField(help_text="HH:MM")
    end = serializers.CharField(help_text="HH:MM; 24:00 is the end of the day")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().to_internal_value(data)
        values["days"] = [day for day in DAYS if day in values["days"]]
        for name in ("start", "end"):
            if not _TIME.fullmatch(values[name]) and not (name == "end" and values[name] == "24:00"):
                raise serializers.ValidationError({name: "Write hours and minutes, like 06:30."}, "invalid")
        if values["start"] == values["end"]:
            text = "Start and end are the same. For the whole day write 00:00 to 24:00."
            raise serializers.ValidationError({"end": text}, "invalid")
        Window(frozenset(range(7)), minutes(values["start"]), minutes(values["end"]))
        return values


class SettingsRequest(StrictFields):
    """The settings to change; null brings one back to what the environment says."""

    called = "setting"

    cap_cluster = PullsField(required=False, help_text="Pull jobs at once in the cluster.")
    cap_registry_host = PullsField(required=False, help_text="Pull jobs at once from one registry host.")
    cap_registry_hosts = serializers.DictField(
        child=WholeNumberField(min_value=1, max_value=MOST_PULLS, error_messages={"min_value": _NO_STOP}),
        required=False,
        allow_null=True,
        help_text='Hosts with a cap of their own: {"registry.example.com": 20}.',
    )
    cap_tenant = PullsField(required=False, help_text="Pull jobs at once of one tenant.")
    creates_per_second = WholeNumberField(required=False, allow_null=True, min_value=1, max_value=MOST_WRITES)
    deletes_per_second = WholeNumberField(required=False, allow_null=True, min_value=1, max_value=MOST_WRITES)
    intake_paused = serializers.BooleanField(
        required=False, allow_null=True, help_text="No pull starts anywhere; tasks are accepted and wait."
    )
    intake_reason = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=MOST_WORDS,
        help_text="Why the intake is paused, for everyone who waits; forgotten when it opens again.",
    )
    windows = WindowField(
        many=True, required=False, allow_null=True, help_text="When pulls may start; empty for always."
    )
    time_zone = serializers.CharField(required=False, allow_null=True, help_text="Of the windows: Europe/Berlin.")
    pull_windows = PullWindowsField(
        allow_null=True, help_text="By cron rules: when pulls may start (besides `windows`), and when they may not."
    )
    schedules_paused = serializers.BooleanField(
        required=False, allow_null=True, help_text="No schedule of any tenant fires by itself."
    )
    keep_tasks_days = WholeNumberField(required=False, allow_null=True, min_value=1, max_value=MOST_DAYS)
    keep_audit_days = WholeNumberField(required=False, allow_null=True, min_value=1, max_value=MOST_DAYS)
    keep_inventory_days = WholeNumberField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_DAYS,
        help_text="How long a pull proves that an image is where the node itself does not tell.",
    )

    def validate_cap_registry_hosts(self, value: dict[str, int] | None) -> dict[str, int] | None:
        if value is None:
            return None
        if len(value) > MOST_HOSTS:
            text = f"{len(value)} hosts; at most {MOST_HOSTS} are possible."
            raise serializers.ValidationError(text, "too_many")
        return {_host(host): cap for host, cap in value.items()}

    def validate_windows(self, value: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        if value is not None and None in value:  # that the whole may be null is said to each of it, too
            raise serializers.ValidationError("A window has days, a start and an end; null is none.", "null")
        if value is not None and len(value) > MOST_WINDOWS:
            text = f"{len(value)} windows; at most {MOST_WINDOWS} are possible."
            raise serializers.ValidationError(text, "too_many")
        return value

    def validate_time_zone(self, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise serializers.ValidationError(
                f"{value[:60]!r} is no time zone. Write a name like Europe/Berlin or UTC.", "invalid"
            )
        return value


def _host(text: str) -> str:
    """The host as limits name it."""
    host = text.strip().lower()
    try:
        domain = references.parse(f"{host}/x").domain
    except references.InvalidReference:
        domain = ""  # its words are about images
    if domain != host and host != "index.docker.io":
        raise serializers.ValidationError(
            {text[:60]: "This is no registry host. Write it as images do, like registry.example.com:5000."}, "invalid"
        )
    return domain
