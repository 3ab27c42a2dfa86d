"""Decides, for each connection, to which addresses it may go."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from ips.outbound import resolving
from ips.outbound.addresses import Address, Network, is_listed, is_never, is_private, unwrapped
from ips.outbound.errors import OutboundError
from ips.outbound.target import Target

Resolver = Callable[[str, float], list[Address]]
Place = tuple[str, int]
OWN_AGAIN_SECONDS = 60
LOCALHOST = [ip_address("127.0.0.1"), ip_address("::1")]


@dataclass(frozen=True)
class Guard:
    """`listed` are the private networks that a platform administrator has opened, `own` addresses and ports of ours."""

    listed: tuple[Network, ...] = ()
    own: frozenset[tuple[Address, int]] = frozenset()
    resolver: Resolver = field(default=resolving.in_time)

    @classmethod
    def of_settings(cls) -> Guard:
        listed = tuple(ip_network(text) for text in settings.OUTBOUND_PRIVATE)
        return cls(listed, _own(tuple(_own_places()), int(time.monotonic() / OWN_AGAIN_SECONDS)))

    def addresses(self, target: Target, seconds: float) -> list[Address]:
        """Where a connection may go, all of them looked at: one bad address among good ones refuses the name.

        Raises OutboundError.
        """
        found = self._found(target, seconds)
        for address in found:
            self._check(target, address)
        return found

    def opened(self, address: Address) -> bool:
        """Whether this is a private address that is open because it is listed."""
        return is_private(address) and is_listed(address, self.listed)

    def _found(self, target: Target, seconds: float) -> list[Address]:
        try:
            return [ip_address(target.host)]
        except ValueError:
            pass
        if target.host == "localhost":
            return LOCALHOST
        try:
            found = self.resolver(target.host, seconds)
        except TimeoutError:
            raise OutboundError("timeout", f"The name {target.host} could not be resolved in time.") from None
        except OSError:
            raise OutboundError("unreachable", f"The name {target.host} does not resolve.") from None
        if not found:
            raise OutboundError("unreachable", f"The name {target.host} has no address.")
        return found

    def _check(self, target: Target, address: Address) -> None:
        named = target.host if target.host == str(address) else f"{target.host} ({address})"
        if is_never(address):
            raise OutboundError("refused", f"{named} is an address that IPS never asks.")
        if any((one, target.port) in self.own for one in unwrapped(address)):
            raise OutboundError("refused", f"{named} port {target.port} belongs to IPS itself.")
        if is_private(address) and not is_listed(address, self.listed):
            raise OutboundError(
                "refused",
                f"{named} is a private address. A platform administrator can open it: IPS_OUTBOUND_PRIVATE.",
            )


def _own_places() -> Iterator[Place]:
    """Database, Redis, and the API server of the cluster that we run in."""
    database = settings.DATABASES["default"]
    if database.get("HOST"):
        yield str(database["HOST"]), int(database.get("PORT") or 3306)
    redis = urlsplit(settings.REDIS_URL)
    if redis.hostname:
        yield redis.hostname, redis.port or 6379
    if host := os.environ.get("KUBERNETES_SERVICE_HOST"):
        yield host, int(os.environ.get("KUBERNETES_SERVICE_PORT", "443"))


@lru_cache(maxsize=4)
def _own(places: tuple[Place, ...], minute: int) -> frozenset[tuple[Address, int]]:
    """By the system's resolver, search domains and all: it is how we find them ourselves. Anew each `minute`."""
    found: set[tuple[Address, int]] = set()
    for host, port in places:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            continue  # what we cannot find ourselves, nobody finds through us
        found.update((ip_address(str(entry[4][0]).partition("%")[0]), port) for entry in entries)
    return frozenset(found)
