"""Input that says nothing which is not understood."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

MOST_NAMED = 20


class StrictFields(serializers.Serializer[Any]):
    """Refuses fields that do not exist, and values of another JSON type, each by its name.

    A misspelt limit must not pass unnoticed, nor 0 for false or 1.27 for a tag.
    """

    called = "field"

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict):
            if unknown := sorted(set(data) - set(self.fields)):
                told = {
                    name: f"There is no {self.called} {name!r}. Check the spelling." for name in unknown[:MOST_NAMED]
                }
                raise serializers.ValidationError(told, "unknown_field")
            if wrong := {name: text for name, value in data.items() if (text := mistyped(self.fields[name], value))}:
                raise serializers.ValidationError(wrong, "invalid")
        values: dict[str, Any] = super().to_internal_value(data)
        return values


def mistyped(field: serializers.Field[Any, Any, Any, Any], value: Any) -> Any:
    """What to send instead of a value of a JSON type that the field would only guess from; by index in a list."""
    if isinstance(field, serializers.CharField) and not isinstance(value, str | None):
        return 'This is a text: send it in quotes, like "1.27".'
    if isinstance(field, serializers.BooleanField) and not isinstance(value, bool | None):
        return "Send true or false, without quotes."
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return {index: text for index, item in enumerate(value) if (text := mistyped(field.child, item))}
    return None
