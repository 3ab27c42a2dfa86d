"""Passwords: what is accepted, and how new ones are made."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError

MAX_LENGTH = 128
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class MaximumLengthValidator:
    """Nobody types more, and hashing a book costs us, not them. NUL never reaches a hash."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(f"This password is longer than {MAX_LENGTH} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password must not be longer than {MAX_LENGTH} characters."


def random_password() -> str:
    """Four groups of five letters and digits that look alike to nobody: 99 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))
