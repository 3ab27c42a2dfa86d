"""Whether an API key opens the door, and what it costs to find out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict, deque
from ipaddress import ip_address, ip_network

import bcrypt
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from accounts.hashing import one_hash
from accounts.key_text import KeyText
from accounts.models import ApiKey
from ips.client_address import counted_as
from ips.problems import Problem

ROUNDS = 10  # of bcrypt, 0.1 s: nobody guesses 190 random bits anyway
REMEMBERED_SECONDS = 60.0
REMEMBERED = 10_000
WRONG_A_MINUTE = 10  # from one address; each costs a hash
UNKNOWN = "There is no such API key."


def hashed(secret: str) -> str:
    return bcrypt.hashpw(secret.encode(), bcrypt.gensalt(ROUNDS)).decode()


def key_of(text: str, address: str | None) -> ApiKey:
    """The key that this text is, with owner and tenant.

    1. Its form and checksum are looked at; 2. its row is read; 3. its secret is compared with the hash, unless that was
    done within the last minute; 4. the row must be good now: not revoked, not expired, used from where it may be, by an
    owner who is active and still a member. Raises AuthenticationFailed (401); 429 for who tries wrong keys. An unknown
    key and a wrong secret are told alike; what is wrong with a row is told to who knows the secret.
    """
    read = KeyText.read(text)
    if read is None:
        raise AuthenticationFailed("This is no API key of IPS: a letter is missing or wrong.", code="malformed_key")
    key = ApiKey.objects.select_related("owner", "tenant").filter(key_id=read.key_id).first()
    if key is None or not _right_secret(key, read, address):
        _wrong.note(address)
        raise AuthenticationFailed(UNKNOWN, code="unknown_key")
    _refuse_what_is_over(key, address)
    key.used(address)
    return key


def _right_secret(key: ApiKey, read: KeyText, address: str | None) -> bool:
    if _right.holds(read.text, key.secret_hash):
        return True
    _wrong.refuse_too_many(address)
    with one_hash():
        right = bcrypt.checkpw(read.secret.encode(), key.secret_hash.encode())
    if right:
        _right.remember(read.text, key.secret_hash)
    return right


def _refuse_what_is_over(key: ApiKey, address: str | None) -> None:
    if key.revoked_at:
        raise AuthenticationFailed(f"This key was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC.", code="key_revoked")
    if key.expires_at <= timezone.now():
        raise AuthenticationFailed(f"This key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC.", code="key_expired")
    if not key.owner.is_active:
        raise AuthenticationFailed("The owner of this key is disabled.", code="key_owner_disabled")
    if not (key.owner.is_platform_admin or key.owner.memberships.filter(tenant=key.tenant_id).exists()):
        raise AuthenticationFailed("The owner of this key has left its tenant.", code="key_owner_left")
    if key.networks and not _within(address, key.networks):
        raise AuthenticationFailed(f"This key may not be used from {address}.", code="key_network")


def _within(address: str | None, networks: list[str]) -> bool:
    return address is not None and any(ip_address(address) in ip_network(network) for network in networks)


class _Right:
    """Texts whose secret was found right within the last minute, as keyed hashes that are worth nothing elsewhere."""

    def __init__(self) -> None:
        self._pepper = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, text: str, secret_hash: str) -> bool:
        with self._lock:
            until, of_hash = self._known.get(self._name(text), (0.0, ""))
        return time.monotonic() < until and of_hash == secret_hash

    def remember(self, text: str, secret_hash: str) -> None:
        with self._lock:
            self._known[self._name(text)] = (time.monotonic() + REMEMBERED_SECONDS, secret_hash)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def forget(self) -> None:
        self._known.clear()

    def _name(self, text: str) -> bytes:
        return hmac.digest(self._pepper, text.encode(), hashlib.sha256)


class _Wrong:
    """Wrong keys of the last minute in this process, by address: not by key, or a stranger could keep its owner out."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, address: str | None) -> None:
        place = counted_as(address) or ""
        with self._lock:
            tries = self._tries.setdefault(place, deque(maxlen=WRONG_A_MINUTE))
            tries.append(time.monotonic())
            self._tries.move_to_end(place)
            while len(self._tries) > REMEMBERED:
                self._tries.popitem(last=False)

    def refuse_too_many(self, address: str | None) -> None:
        minute_ago, place = time.monotonic() - 60, counted_as(address) or ""
        with self._lock:
            lately = sum(1 for at in self._tries.get(place, ()) if at > minute_ago)
        if lately >= WRONG_A_MINUTE:
            raise Problem(429, "throttled", "Too many wrong API keys. Try again in a minute.", retry_after=60)

    def forget(self) -> None:
        self._tries.clear()


_right, _wrong = _Right(), _Wrong()


def forget_all() -> None:
    """As in a process that has just started."""
    _right.forget()
    _wrong.forget()
