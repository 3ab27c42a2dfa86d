"""Input that says nothing which is not understood."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

MOST_NAMED = 20


class KnownFields(serializers.Serializer[Any]):
    """Refuses fields that do not exist, each by its name: a misspelt limit must not pass unnoticed."""

    called = "field"

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            told = {name: f"There is no {self.called} {name!r}. Check the spelling." for name in unknown[:MOST_NAMED]}
            raise serializers.ValidationError(told, "unknown_field")
        values: dict[str, Any] = super().to_internal_value(data)
        return values
