"""Standard Webhooks: the body as it is, signed; any 2xx is good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ips.outbound import Answer
from webhooks.kinds.kind import Post, Verdict, by_status
from webhooks.letters import Letter
from webhooks.models import Webhook
from webhooks.signing import signed


class Generic:
    """For programs. While a secret is being changed, both sign."""

    hosts: tuple[str, ...] = ()
    chats = False
    per_minute: int | None = None

    def post(self, webhook: Webhook, letters: Sequence[Letter], now: datetime) -> Post:
        (letter,) = letters
        body, timestamp = letter.text.encode(), int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": letter.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signed(secrets_of(webhook, now), letter.id, timestamp, body),
        }
        return Post(webhook.url, headers, body)

    def judge(self, answer: Answer) -> Verdict:
        return by_status(answer)


def secrets_of(webhook: Webhook, now: datetime) -> list[str]:
    """The secrets that hold now, the newest first."""
    old = webhook.old_secret_until and webhook.old_secret_until > now
    return [webhook.secret, *([webhook.old_secret] if old and webhook.old_secret else [])]
