"""Passwords: what is accepted, and how new ones are made."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from ips.problems import Invalid

MAX_LENGTH = 128
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


class MaximumLengthValidator:
    """Nobody types more, and hashing a book costs us, not them. NUL never reaches a hash."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(f"This password is longer than {MAX_LENGTH} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password must not be longer than {MAX_LENGTH} characters."


def check_password(password: str, user: Any, *, pointer: str) -> None:
    """Raise Invalid (422) with all that is wrong with it as a new password of this user."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            [
                {"pointer": pointer, "code": reason.code or "invalid", "detail": " ".join(reason.messages)}
                for reason in error.error_list
            ]
        ) from error


def random_password() -> str:
    """Four groups of five letters and digits that look alike to nobody: 99 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))
