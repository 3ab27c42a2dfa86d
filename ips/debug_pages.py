"""Django's debug pages show code, settings and rows to whoever makes an error happen: on one's own machine alone."""

from __future__ import annotations

import os
from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

OWN_MACHINE = ("127.0.0.1", "localhost", "[::1]")


def refuse_debug_pages_elsewhere(*, allowed_hosts: Iterable[str], address: str, https: bool) -> None:
    """Raises ImproperlyConfigured where others could reach them, and says what gives it away."""
    reasons = [
        *(f"IPS_ALLOWED_HOSTS names {host}" for host in allowed_hosts if host not in OWN_MACHINE),
        *([f"IPS_WEB_ADDRESS is {address}"] if address.rpartition(":")[0] not in ("", *OWN_MACHINE) else []),
        *(["IPS_HTTPS is on"] if https else []),
        *(["this runs in a Kubernetes cluster"] if os.environ.get("KUBERNETES_SERVICE_HOST") else []),
    ]
    if reasons:
        text = f"IPS_DEBUG is for development on one's own machine, but {reasons[0]}. Take IPS_DEBUG away."
        raise ImproperlyConfigured(text)
