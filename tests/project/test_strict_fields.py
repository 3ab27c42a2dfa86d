"""What is sent as another JSON type than the field's is refused, not guessed from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.routes import all_routes
from ips.strict_fields import StrictFields
from ips.whole_numbers import WholeNumberField


class Wish(StrictFields):
    name = serializers.CharField(required=False, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    urgent = serializers.BooleanField(required=False)
    priority = serializers.IntegerField(required=False)


def read(body: dict[str, Any]) -> Any:
    wish = Wish(data=body)
    wish.is_valid(raise_exception=True)
    return wish.validated_data


@pytest.mark.parametrize(
    "body", [{"name": "a"}, {"name": None}, {"tags": []}, {"tags": ["a"]}, {"urgent": False}, {"priority": 3}]
)
def test_what_has_its_type_is_read(body: dict[str, Any]) -> None:
    assert read(body) == body


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ({"name": 1.27}, "in quotes"),
        ({"name": True}, "in quotes"),
        ({"tags": ["a", 1]}, "in quotes"),
        ({"urgent": 0}, "true or false"),
        ({"urgent": "true"}, "true or false"),
        ({"nmae": "a"}, "Check the spelling"),
    ],
)
def test_what_has_another_is_refused_by_name_and_with_a_remedy(body: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(body)

    assert list(refused.value.detail) == list(body)
    assert remedy in str(refused.value.detail)


def numbers() -> Iterator[tuple[str, serializers.IntegerField]]:
    """Every whole number that a request can have, in whatever part of IPS."""
    assert all_routes()  # so that every view is read, and with it what requests may say
    waiting = [StrictFields]
    while waiting:
        asked = waiting.pop()
        waiting += asked.__subclasses__()
        for name, field in asked._declared_fields.items():
            if isinstance(field, serializers.IntegerField) and asked.__module__ != __name__:
                yield f"{asked.__name__}.{name}", field


def test_a_number_is_written_in_ascii_digits_wherever_one_is_asked_for() -> None:
    found = dict(numbers())

    assert {"Rotation.overlap_hours", "RotateRequest.overlap_hours", "HookRuleRequest.debounce_seconds"} <= set(found)
    guessed = [name for name, field in found.items() if not isinstance(field, WholeNumberField)]
    assert guessed == []


@pytest.mark.parametrize("text", ["1_0", "\uff15", " 5 ", "5.0", "+5", "0x5", ""])
def test_what_is_no_number_to_a_reader_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        WholeNumberField().run_validation(text)


def test_digits_in_quotes_are_a_number() -> None:
    assert WholeNumberField().run_validation("15") == 15
