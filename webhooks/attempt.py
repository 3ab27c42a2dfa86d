"""One try: what goes out, through the guard, and what is to be thought of the answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ips.outbound import Guard, OutboundError, send
from ips.outbound.target import target_of
from webhooks.kinds import KINDS, Kind, Outcome, Verdict
from webhooks.letters import Letter
from webhooks.models import Webhook

READ_BYTES, KEPT_CHARACTERS = 4096, 512
HIDDEN = "(hidden)"
_SIGNED = frozenset({"webhook-signature"})


@dataclass(frozen=True)
class Tried:
    """What came of it. `headers` are those that went out, less the signature."""

    verdict: Verdict
    milliseconds: int
    headers: Mapping[str, str]
    status: int | None = None
    answer: str = ""
    listed: bool = False


def attempt(webhook: Webhook, letters: Sequence[Letter], now: datetime, guard: Guard) -> Tried:
    """Send these letters in one message and judge the answer, within the time that a try has. Raises nothing."""
    kind = KINDS[webhook.kind]
    post = kind.post(webhook, letters, now)
    shown = {name: HIDDEN if name in _SIGNED else value for name, value in post.headers.items()}
    begun = time.monotonic()
    try:
        check_host(kind, post.url)
        answer = send(
            "POST",
            post.url,
            guard=guard,
            seconds=settings.DELIVERY_SECONDS,
            headers=post.headers,
            body=post.body,
            limit=READ_BYTES,
            cut=True,
        )
    except OutboundError as error:
        return Tried(_failed(error), _since(begun), shown, listed=error.listed)
    said = answer.body.decode(errors="replace")[:KEPT_CHARACTERS].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Tried(kind.judge(answer), _since(begun), shown, answer.status, said, answer.listed)


def check_host(kind: Kind, url: str) -> None:
    """Raises OutboundError for a host that is not the vendor's, nor one that the settings name; and for the vendor's
    by plain http.
    """
    target = target_of(url)
    if not kind.hosts or target.host in settings.CHAT_HOSTS:
        return
    if target.host not in kind.hosts:
        raise OutboundError(
            "refused", f"{target.host} is not {kind.hosts[0]}. An administrator can allow others: IPS_CHAT_HOSTS."
        )
    if target.scheme != "https":
        raise OutboundError("refused", f"{target.host} is asked by https:// only: the address is a credential.")


def _failed(error: OutboundError) -> Verdict:
    """What was refused by ourselves stays refused; the rest may pass."""
    outcome = Outcome.STOP if error.kind == "refused" else Outcome.AGAIN
    return Verdict(outcome, error.kind, error.message)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
