"""A cron rule and a time zone in a request; what is wrong with them is said in words."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from prewarm.schedules.cron import LONGEST, InvalidCron, UnknownZone, cron, zone_of


class CronField(serializers.CharField):
    """Five fields: minute, hour, day of the month, month, day of the week."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "help_text": "Five fields, like 30 2 * * 1-5.", **options})

    def to_internal_value(self, data: Any) -> str:
        text = " ".join(super().to_internal_value(data).split())
        try:
            cron(text, "UTC")
        except InvalidCron as wrong:
            raise serializers.ValidationError(str(wrong), "invalid_cron") from wrong
        return text


class ZoneField(serializers.CharField):
    """The name of a time zone, like Europe/Berlin."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 64, **options})

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            zone_of(text)
        except UnknownZone as wrong:
            raise serializers.ValidationError(str(wrong), "unknown_time_zone") from wrong
        return text
