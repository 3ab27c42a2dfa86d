"""What the fault proxy can do to requests, and which requests a fault strikes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


class Harm(Enum):
    """What happens to a request."""

    ANSWER = "it is not passed on: the proxy answers with `code`, `headers` and a Status with `message`"
    DELAY = "it waits `seconds`, then it is passed on"
    RESET = "it is not passed on: the connection breaks"
    HANG = "it is not passed on, and nobody ever answers"
    EXECUTE_THEN_RESET = "it is passed on; instead of the answer the connection breaks"
    EXECUTE_THEN_HANG = "it is passed on; its answer never comes"
    TRUNCATE = "it is passed on; the connection breaks in the middle of the answer"
    EXPIRE = "of a watch: a line of type ERROR with code 410, then the end"
    MUTE = "of a watch: it opens, and nothing is ever heard of it"


@dataclass(eq=False)
class Asked:
    """One request as Kubernetes reads it. `at` is monotonic, in seconds; `code` is 0 while there is no answer."""

    verb: str
    resource: str
    name: str
    query: Mapping[str, str]
    at: float
    struck: Harm | None = None
    code: int = 0

    @property
    def from_the_start(self) -> bool:
        """A list anew: neither a further page of one nor the look of one Job at its pods."""
        selector = self.query.get("labelSelector", "")
        return self.verb == "list" and "continue" not in self.query and "ips.io/pull-job" not in selector


def asked(method: str, path: str, query: Mapping[str, str], at: float) -> Asked:
    """Read a request line: `GET /api/v1/namespaces/ips-pull/pods?watch=1` watches pods."""
    parts = [part for part in path.split("/") if part]
    rest = parts[2:] if parts[:1] == ["api"] else parts[3:] if parts[:1] == ["apis"] else []
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    resource, name = [*rest, "", ""][:2]
    verb = VERBS.get(method) or ("get" if name else "watch" if query.get("watch") in ("1", "true") else "list")
    if verb == "delete" and not name:
        verb = "deletecollection"
    return Asked(verb, resource or path, name, query, at)


@dataclass
class Fault:
    """A rule: the first `skip` requests of this verb and resource pass, then `times` are struck (None: for ever).

    Each is struck with probability `rate`, drawn from `seed`.
    """

    harm: Harm
    verb: str = "*"
    resource: str = "*"
    code: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "injected by a test"
    seconds: float = 0.0
    skip: int = 0
    times: int | None = None
    rate: float = 1.0
    seed: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def strikes(self, request: Asked) -> bool:
        """Whether this request is struck; counts it."""
        if self.verb not in ("*", request.verb) or self.resource not in ("*", request.resource):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if (self.times is not None and self.struck >= self.times) or self._random.random() >= self.rate:
            return False
        self.struck += 1
        return True


def status(code: int, message: str) -> dict[str, Any]:
    reason = REASONS.get(code, "")
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
