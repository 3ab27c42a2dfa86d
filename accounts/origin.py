"""Where the request that is being served comes from: what every line of the audit it writes tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from accounts.models import ApiKey, Session, User


@dataclass
class Origin:
    """The address of a request, and, as soon as it is known, who sends it with which credential."""

    address: str | None = None
    user: User | None = None
    credential: str = ""
    key: ApiKey | None = None

    def signed_in(self, user: User, by: Session | ApiKey) -> None:
        self.user = user
        self.key = by if isinstance(by, ApiKey) else None
        self.credential = f"key {by.key_id}" if isinstance(by, ApiKey) else f"session {by.pk}"


_current: ContextVar[Origin] = ContextVar("origin")


def current_origin() -> Origin:
    """That of the request which this thread serves; an empty one outside of a request."""
    return _current.get(Origin())


@contextmanager
def coming_from(address: str | None) -> Iterator[Origin]:
    """What is done inside this block is asked for from there."""
    origin = Origin(address)
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)
