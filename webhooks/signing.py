"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, by which a receiver knows that it was us."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES, OURS = 24, 64, 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(OURS)).decode()


def secret_problem(text: str) -> str:
    """What is wrong with a secret that somebody brings along, or an empty text."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        return (
            f"A secret is {PREFIX} and {FEWEST_BYTES} to {MOST_BYTES} random bytes in base64. Leave it out to get one."
        )
    return ""


def signed(key_texts: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret that holds now."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signature(text, content)}" for text in key_texts)


def _signature(text: str, content: bytes) -> str:
    key = base64.b64decode(text.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
