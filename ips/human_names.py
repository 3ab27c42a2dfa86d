"""Names that people give to things: shown on pages, in terminals and in chats, so nothing in them may play tricks."""

from __future__ import annotations

import unicodedata
from typing import Any

from rest_framework import serializers

MAX_LENGTH = 100
TRICKY = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, invisible, half of a pair, line and paragraph ends
# Letters, marks and a symbol to Unicode; nothing to the eye.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def human_name_problem(text: str) -> str:
    """What is wrong with a name that a person gave, or an empty string."""
    if len(text) > MAX_LENGTH:
        return f"The name has {len(text)} characters; {MAX_LENGTH} are possible."
    if unicodedata.normalize("NFC", text) != text:
        return "The name is not in Unicode's composed form (NFC)."
    if any(unicodedata.category(character) in TRICKY or character in BLANK for character in text):
        return "The name has control, invisible or direction-changing characters."
    return ""


class HumanNameField(serializers.CharField):
    """A name of at most 100 characters; spaces around it are dropped."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if problem := human_name_problem(text):
            raise serializers.ValidationError(problem, "invalid_name")
        return text
