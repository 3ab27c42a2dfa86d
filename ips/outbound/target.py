"""Where a request goes: an address that a user wrote, read once and put together anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from ips.outbound.errors import OutboundError

LONGEST = 2048
PORTS = {"http": 80, "https": 443}
# Below 1024 other things than web servers listen: mail, directories, remote shells.
FIRST_FREE_PORT = 1024
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)


@dataclass(frozen=True)
class Target:
    """One URL. `host` is a literal address, a full name without the dot at its end, or localhost."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host_header}"


def target_of(url: str) -> Target:
    """Raises OutboundError for what no request is made to, whatever its address is."""
    if len(url) > LONGEST or not url.isascii() or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise _refused("The address is too long, or has letters in it that no address has.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as wrong:
        raise _refused(f"The address cannot be read: {wrong}.") from wrong
    if parts.scheme not in PORTS:
        raise _refused("Only http:// and https:// are asked.")
    if parts.username is not None or parts.password is not None:
        raise _refused("An address may not hold a user or a password.")
    if parts.fragment or "\\" in url:
        raise _refused("An address may hold neither # nor \\.")
    number = PORTS[parts.scheme] if port is None else port
    if number not in PORTS.values() and number < FIRST_FREE_PORT:
        raise _refused(f"Port {number} is not one of a web server.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname or ""), number, path)


def _host(host: str) -> str:
    """Resolvers read 0x7f000001, 2130706433 and 127.1 as addresses; here only the usual way to write one counts."""
    if host == "localhost":
        return host
    if "%" in host:  # ::1%1 is ::1, and not equal to it
        raise _refused(f"{host[:60]!r} is no host: an address with a zone is not asked.")
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(f"{host[:60]!r} is no host.")
    if _NUMBER.fullmatch(labels[-1]):
        raise _refused(f"{host[:60]!r} is no host: write an address as four numbers.")
    if len(labels) == 1:
        raise _refused(f"{host[:60]!r} is no full name: a host in the network of IPS is not asked.")
    return ".".join(labels)


def _refused(message: str) -> OutboundError:
    return OutboundError("refused", message)
