"""Where the registry of an image answers."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote

from ips.outbound import OutboundError
from prewarm.references import Reference

DOCKER_HUB = "registry-1.docker.io"


@dataclass(frozen=True)
class Place:
    """`host` is as images are named by; `front` answers for all registries where there are none, as in a simulation."""

    host: str
    front: str = ""

    @property
    def origin(self) -> str:
        return self.front or f"https://{DOCKER_HUB if self.host == 'docker.io' else self.host}"

    @property
    def plain_origin(self) -> str:
        return f"http://{self.host}"

    def path(self, path: str) -> str:
        """As containerd asks a mirror: with the registry that is meant."""
        return f"{path}{'&' if '?' in path else '?'}ns={quote(self.host)}" if self.front else path

    def may_be_plain(self, error: OutboundError) -> bool:
        """Runtimes speak plain http with this machine's registries, and with private ones where they are told to."""
        return not self.front and error.kind == "tls" and (error.listed or self._is_loopback())

    def _is_loopback(self) -> bool:
        name = self.host.rpartition(":")[0] if self.host.count(":") == 1 else self.host
        if name == "localhost":
            return True
        try:
            return ip_address(name.strip("[]")).is_loopback
        except ValueError:
            return False


def place_of(reference: Reference, front: str = "") -> Place:
    return Place(reference.domain.lower(), front)
