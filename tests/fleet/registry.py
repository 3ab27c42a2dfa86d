"""The registries behind a fleet: those of the simulated cluster, where a pull may also take as long as one says."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from prewarm.simulator.images import Image
from prewarm.simulator.registry import Registry


@dataclass
class TimedRegistry(Registry):
    """`seconds` are for images whose name fits a pattern like `*/slow:*`; the latest pattern decides."""

    seconds: dict[str, float] = field(default_factory=dict)

    def _seconds(self, image: Image, node: str) -> float:
        name = f"{image.repository}:{image.tag}"
        for pattern, seconds in reversed(self.seconds.items()):
            if fnmatchcase(name, pattern):
                return seconds
        return super()._seconds(image, node)
