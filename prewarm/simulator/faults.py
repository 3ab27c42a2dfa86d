"""Faults that tests inject into the API server: chosen answers, delays and broken connections."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from prewarm.simulator.refusals import Refusal, bad_request, expired, too_many_requests

KINDS = ("status", "delay", "reset", "execute_then_timeout")
_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}
VERBS = ("*", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


@dataclass
class Fault:
    """One rule. It strikes requests of this verb and resource, whose path contains `path`.

    `skip` requests pass first, then `times` are struck (None: for ever), each with probability `rate`, drawn from
    `seed`. Kinds: `status` answers `code`, `delay` waits `seconds` first, `reset` breaks the connection before
    anything is done, `execute_then_timeout` does it and then breaks the connection without an answer.
    """

    kind: str = "status"
    verb: str = "*"
    resource: str = "*"
    path: str = ""
    code: int = 500
    seconds: float = 0.0
    message: str = ""
    retry_after: int = 1
    skip: int = 0
    times: int | None = 1
    rate: float = 1.0
    seed: int = 0
    struck: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise bad_request(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.verb not in VERBS:
            raise bad_request(f"verb must be one of {', '.join(VERBS)}, got {self.verb!r}")
        self._random = random.Random(self.seed)

    def strikes(self, verb: str, resource: str, path: str) -> bool:
        """Whether this request is struck; counts it."""
        if self.verb not in ("*", verb) or self.resource not in ("*", resource) or self.path not in path:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if (self.times is not None and self.struck >= self.times) or self._random.random() >= self.rate:
            return False
        self.struck += 1
        return True

    def refusal(self) -> Refusal:
        """The answer of a fault of kind `status`."""
        if self.code == 429 and not self.message:
            return too_many_requests(self.retry_after)
        if self.code == 410:
            return expired(self.message or "too old resource version: 1 (2)")
        details = {"retryAfterSeconds": self.retry_after} if self.code in (429, 503) else None
        return Refusal(self.code, _REASONS.get(self.code, ""), self.message or f"injected: {self.code}", details)


class Faults:
    """The rules in force, in the order in which they were added."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(self, rule: Any) -> Fault:
        """Read a rule from JSON. Raises Refusal 400."""
        try:
            self.rules.append(Fault(**rule))
        except TypeError as error:
            raise bad_request(str(error)) from error
        return self.rules[-1]

    def strike(self, verb: str, resource: str, path: str) -> Fault | None:
        """The first rule that strikes this request."""
        return next((rule for rule in self.rules if rule.strikes(verb, resource, path)), None)
