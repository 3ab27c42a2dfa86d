"""What a request may say of a schedule; every refusal with its field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from ips.human_names import HumanNameField
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField
from prewarm.models import Overlap
from prewarm.schedules.form import FormField
from prewarm.schedules.rule_fields import CronField, ZoneField

LEAST_DEADLINE, MOST_DEADLINE = 10, 7 * 86400


class DeadlineField(WholeNumberField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=LEAST_DEADLINE,
            max_value=MOST_DEADLINE,
            allow_null=True,
            required=False,
            help_text="How late a task may still be made; null for however late.",
            **options,
        )


class ScheduleChange(StrictFields):
    """What is to be changed. Another rule counts from now on."""

    name = HumanNameField(required=False)
    cron = CronField(required=False)
    time_zone = ZoneField(required=False, help_text="Whose clocks the rule goes by.")
    task = FormField(source="form", required=False, help_text="What is asked for, as POST tasks/ takes it.")
    overlap = serializers.ChoiceField(
        Overlap.choices, required=False, help_text="What a firing does while a task of an earlier one is not over."
    )
    starting_deadline_seconds = DeadlineField()


class ScheduleRequest(ScheduleChange):
    tenant = serializers.SlugField(max_length=63, default="", help_text="By default `default`.")
    name = HumanNameField()
    cron = CronField()
    time_zone = ZoneField(default="UTC", help_text="Whose clocks the rule goes by.")
    task = FormField(source="form", help_text="What is asked for, as POST tasks/ takes it.")


class RuleRequest(StrictFields):
    """A rule to look at, and the zone of who looks."""

    tenant = serializers.SlugField(max_length=63, default="", help_text="By default `default`.")
    cron = CronField()
    time_zone = ZoneField(default="UTC")
    viewer_time_zone = ZoneField(default="UTC", help_text="Of whoever looks.")


class AllOfTenant(StrictFields):
    """Whose schedules."""

    tenant = serializers.SlugField(max_length=63, default="", help_text="By default `default`.")
