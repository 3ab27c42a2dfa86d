"""Windows by cron rules, in a request: stretches in which pulls may start, or may not."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm.schedules.rule_fields import CronField, ZoneField

MOST_WINDOWS, LONGEST_MINUTES = 50, 7 * 1440
ALLOW, DENY = "allow", "deny"
KINDS = (ALLOW, DENY)


class PullWindow(StrictFields):
    """A stretch that begins whenever the rule comes. Where there are `allow` windows, pulls start in those alone; while
    a `deny` window lasts, none starts, whatever else allows it."""

    kind = serializers.ChoiceField(KINDS)
    cron = CronField(help_text="When it begins: five fields, like 0 22 * * 1-5.")
    duration_minutes = WholeNumberField(min_value=1, max_value=LONGEST_MINUTES)
    time_zone = ZoneField(default="UTC", help_text="Whose clocks the rule goes by.")


class PullWindowsField(serializers.ListField):
    """Windows; empty for always."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"child": PullWindow(), "required": False, "max_length": MOST_WINDOWS, **options})

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        return [dict(window) for window in super().to_internal_value(data)]
