"""Why IPS does not start, in one sentence that a person can act on."""

from __future__ import annotations


class Refusal(Exception):
    """Stops the start. The message is all that is shown; exit status 1."""
