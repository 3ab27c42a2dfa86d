"""The Kubernetes versions that IPS is tested on: the oldest supported one and a recent one."""

import platform
from dataclasses import dataclass

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ARCHITECTURE = ARCHITECTURES.get(platform.machine(), platform.machine())
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Version:
    """One version, under the name of its cluster.

    `ports` are the first two digits of all its ports and the second number of its pods' addresses.
    """

    name: str
    kubernetes: str
    containerd: str
    ports: int

    @property
    def minor(self) -> int:
        return int(self.kubernetes.split(".")[1])

    def port(self, last_digits: int) -> int:
        return self.ports * 1000 + last_digits

    @property
    def api(self) -> str:
        return f"https://{HOST}:{self.port(443)}"

    @property
    def registry(self) -> str:
        """The registry that asks for nothing."""
        return f"{HOST}:{self.port(55)}"

    @property
    def private_registry(self) -> str:
        """The registry that asks for a name and a password."""
        return f"{HOST}:{self.port(56)}"

    @property
    def slow_registry(self) -> str:
        """Where the nodes expect a proxy that holds pulls up; whoever needs it listens there."""
        return f"{HOST}:{self.port(57)}"

    @property
    def silent_registry(self) -> str:
        """A registry that nobody ever starts."""
        return f"{HOST}:{self.port(58)}"

    @property
    def registries(self) -> list[str]:
        return [self.registry, self.private_registry, self.slow_registry, self.silent_registry]


VERSIONS = {
    "1.20": Version("1.20", kubernetes="1.20.2", containerd="1.6", ports=16),
    "1.36": Version("1.36", kubernetes="1.36.4", containerd="2.2.9", ports=17),
}
