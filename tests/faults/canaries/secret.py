"""One secret, and where it may be found."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus

COLUMNS = frozenset({"webhooks_webhook.url", "webhooks_webhook.secret", "webhooks_webhook.old_secret"})


@dataclass(frozen=True)
class Secret:
    """`text` as it was given or shown once. `belongs` are the places that must have it to work."""

    name: str
    text: str
    belongs: frozenset[str] = frozenset()

    def forms(self) -> set[str]:
        """As it may stand in a log, an address or a header."""
        return {self.text, quote_plus(self.text), base64.b64encode(self.text.encode()).decode()}


@dataclass(frozen=True)
class Place:
    """Something that somebody could read: a column, a file, an answer to somebody."""

    where: str
    text: str


def canary(name: str) -> str:
    """A text that is nowhere by chance, and is good as a password and a key."""
    return f"Canary-{name}-{secrets.token_hex(16)}"


def found(sown: Iterable[Secret], places: Iterable[Place]) -> Iterator[str]:
    """In words, each secret that is where it does not belong."""
    kept = list(sown)
    forms = {secret.name: secret.forms() for secret in kept}
    for place in places:
        for secret in kept:
            if place.where not in secret.belongs and any(form in place.text for form in forms[secret.name]):
                yield f"{secret.name} in {place.where}"
