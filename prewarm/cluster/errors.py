"""What can go wrong at the API server, by what the caller should do about it."""

from __future__ import annotations


class ClusterError(Exception):
    """Something at the API server. `transient` means that the same call may work later."""

    transient = True

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after


class ClusterUnreachable(ClusterError):
    """No usable answer: no connection, a timeout, 401, 429 or 5xx. What was asked for may have happened."""


class ClusterBusy(ClusterUnreachable):
    """429: it answers, and asks to be left alone for `retry_after` seconds."""


class Refused(ClusterError):
    """A clear no (400, 403, 404, 422): the same call will be refused again."""

    transient = False


class AlreadyThere(ClusterError):
    """409: an object of this name exists, or its uid is not the one that was meant."""

    transient = False


class ResourceExpired(ClusterError):
    """410: the resourceVersion or continue token is too old; list anew."""


class NotConfigured(Exception):
    """No cluster to talk to; the message says what to set."""
