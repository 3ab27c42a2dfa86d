"""What a kind of webhook has to know: how to say it there, and what the answer means."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from ips.outbound import Answer
from webhooks.letters import Letter
from webhooks.models import Webhook

LONGEST_WAIT = 24 * 3600.0


class Outcome(StrEnum):
    DELIVERED = "delivered"
    AGAIN = "again"  # may pass by itself
    STOP = "stop"  # this message never gets through
    GONE = "gone"  # no message ever will: the webhook is disabled


@dataclass(frozen=True)
class Post:
    """A request that is to go out."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """What an answer means. `wait` is how long the place asked for, in seconds; with `rests` for all messages."""

    outcome: Outcome
    code: str = ""
    message: str = ""
    wait: float | None = None
    rests: bool = False


class Kind(Protocol):
    """One way to tell. `hosts` are the vendor's, empty for any; `per_minute` how many messages a place bears."""

    hosts: tuple[str, ...]
    chats: bool
    per_minute: int | None

    def post(self, webhook: Webhook, letters: Sequence[Letter], now: datetime) -> Post:
        """One message for these letters; more than one only where `per_minute` says so."""

    def judge(self, answer: Answer) -> Verdict: ...


def retry_after(answer: Answer) -> float | None:
    """The seconds of `Retry-After`, a number or a date; at most a day."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):  # years and zones of any length are read as numbers first
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)


def by_status(answer: Answer) -> Verdict:
    """What a status means where the place has no words of its own."""
    status = answer.status
    if 200 <= status < 300:
        return Verdict(Outcome.DELIVERED)
    code, message = f"http_{status}", f"The answer is {status}."
    if status in (429, 503):
        return Verdict(Outcome.AGAIN, code, message, retry_after(answer), rests=retry_after(answer) is not None)
    if status >= 500 or status in (408, 409, 425):
        return Verdict(Outcome.AGAIN, code, message, retry_after(answer))
    if status == 410:
        return Verdict(Outcome.GONE, code, "The place says that it is gone for good (410).")
    if 300 <= status < 400:
        return Verdict(Outcome.STOP, code, f"It redirects ({status}), which is not followed. Enter the final address.")
    return Verdict(Outcome.STOP, code, f"{message} Look at the address, and at what the receiver expects.")
