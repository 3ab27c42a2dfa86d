"""What is sent as another JSON type than the field's is refused, not guessed from."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from ips.strict_fields import StrictFields


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
