"""Which Kubernetes is simulated, and what that changes."""

from __future__ import annotations

import re
from dataclasses import dataclass

SUPPORTED = ("1.20.2", "1.36.4")


@dataclass(frozen=True)
class Release:
    """A Kubernetes version. `recent` is 1.36 with containerd 2, otherwise 1.20 with containerd 1.6."""

    version: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"1\.\d+\.\d+", self.version):
            raise ValueError(f"{self.version!r} is no Kubernetes version; write it like {SUPPORTED[-1]}.")

    @property
    def minor(self) -> int:
        return int(self.version.split(".")[1])

    @property
    def recent(self) -> bool:
        """Behaves like 1.36 rather than like 1.20."""
        return self.minor >= 30

    @property
    def runtime(self) -> str:
        return "containerd://2.2.9" if self.recent else "containerd://1.6.20"
