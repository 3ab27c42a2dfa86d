"""What a kind of registry has to know: how to read what it sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from rest_framework import serializers


@dataclass(frozen=True)
class Told:
    """One event as the registry told it.

    `event` is what is the same when it is sent again and never otherwise; empty where there is no such thing.
    `ignored` is why nothing can follow from it, a code of `webhooks.inbound.words`; empty for a push of a tag.
    """

    event: str = ""
    host: str = ""
    repository: str = ""
    tag: str = ""
    digest: str = ""
    at: datetime | None = None
    ignored: str = ""


class NotUnderstood(ValueError):
    """The body is not of this kind of registry; the message says what was looked for."""


class Kind(Protocol):
    """One kind of registry. `example` is a body as it sends them, to try rules with."""

    example: Mapping[str, Any]

    def read(self, body: Any) -> list[Told]:
        """Every event of the body, in its order. Raises NotUnderstood."""


def text(value: Any, most: int = 300) -> str:
    """A text of the body; whatever else stands there is none."""
    return value[:most] if isinstance(value, str) else ""


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside the body; an empty one where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def time(value: Any) -> datetime | None:
    """A time as RFC 3339 writes it."""
    try:
        found: datetime = serializers.DateTimeField().to_internal_value(value)
    except (serializers.ValidationError, OverflowError):
        return None
    return found
