"""Which addresses a user's word may lead to.

Lists of our own: `ipaddress.is_private` is False for the shared space of carriers, where Alibaba has its metadata, and
`is_global` True for multicast and for private addresses that are wrapped in 6to4 or NAT64.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Nobody can open these: what answers there is the machine or the cloud itself, or not one host.
NEVER = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",
    "100.100.100.200/32",  # metadata of Alibaba
    "168.63.129.16/32",  # of Azure
    "192.0.0.192/32",  # of Oracle
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "fe80::/10",
    "fd00:ec2::/32",  # metadata of AWS
    "fd20:ce::/32",  # of Google
    "ff00::/8",
)
# A platform administrator may open (parts of) these.
PRIVATE = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fec0::/10",
)
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


def unwrapped(address: Address) -> Iterator[Address]:
    """The address, and those that it carries inside: mapped, compatible, NAT64, 6to4, Teredo."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in _NAT64 or (address in _COMPATIBLE and int(address) > 0xFFFF):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def is_never(address: Address) -> bool:
    return any(_within(one, NEVER) for one in unwrapped(address))


def is_private(address: Address) -> bool:
    return any(_within(one, PRIVATE) for one in unwrapped(address))


def is_listed(address: Address, listed: Iterable[Network]) -> bool:
    """Whether whatever is private of this address is in these networks."""
    networks = tuple(listed)
    return all(_within(one, networks) for one in unwrapped(address) if _within(one, PRIVATE))


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
