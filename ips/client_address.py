"""Where a request comes from, as far as it can be believed."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

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
            nearest = ip_address(hop.strip())
        except ValueError:
            return address
        address = str(nearest)
        if not any(nearest in ip_network(network) for network in settings.TRUSTED_PROXIES):
            return address
    return address
