"""Whole numbers in requests."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,40}", re.ASCII)


class WholeNumberField(serializers.IntegerField):
    """An integer; written as a string, in ASCII digits: int() would read full-width digits and 1_000 as well."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not _WHOLE_NUMBER.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)
