"""Where a request comes from, as far as it can be believed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The peer's address; behind trusted proxies (`IPS_TRUSTED_PROXIES`) the nearest hop that is not one of them.

    Hops are read from the right: whatever a client writes into X-Forwarded-For itself stands further left.
    """
    hops = [*request.headers.get("X-Forwarded-For", "").split(","), request.META.get("REMOTE_ADDR", "")]
    address = None
    for hop in reversed(hops):
        try:
            nearest = _plain(ip_address(hop.strip()))
        except ValueError:
            return address
        address = str(nearest)
        if not _is_trusted(nearest):
            return address
    return address


def trusted(peer: str) -> bool:
    """Whether what this peer says of where a request comes from is believed."""
    try:
        return _is_trusted(_plain(ip_address(peer)))
    except ValueError:
        return False


def counted_as(address: str | None) -> str | None:
    """What stands for an address where tries are counted: of IPv6 the first half, the rest is all of one place."""
    parsed = ip_address(address) if address else None
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False).network_address)
    return address


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in ip_network(network) for network in settings.TRUSTED_PROXIES)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """A socket for both families tells IPv4 addresses as ::ffff:192.0.2.1, which is in no IPv4 network."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
