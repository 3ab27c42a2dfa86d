"""Why a request that goes out came to nothing."""

from __future__ import annotations

from typing import Literal

Kind = Literal["refused", "unreachable", "tls", "timeout", "too_big", "bad_answer"]


class OutboundError(Exception):
    """`refused` by ourselves, for where it would go; the others are about what is there. The message is for people.

    `listed` says that it went to a private address which a platform administrator has listed.
    """

    def __init__(self, kind: Kind, message: str, *, listed: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.listed = listed
