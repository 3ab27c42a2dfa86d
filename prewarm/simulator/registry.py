"""The registries behind the nodes: how long a pull takes, and how it fails.

The first part of an image's path chooses: `missing/x` is not found, `denied/x` unauthorized, `platform/x` has no match
for the platform, `nospace/x` fills the disk, `damaged/x` has another digest than its manifest says, `timeout/x`,
`tls/x`, `ratelimit/x` and `unavailable/x` fail as they say, `flaky/x` fails once on each node, `slow/x` takes twenty
times as long, `hang/x` never ends. Everything else is pulled.
Modes can be set at run time for any image (POST /_sim/images), and registries can go down (POST /_sim/registry).
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from prewarm.references import Reference
from prewarm.simulator.images import Image, image_of
from prewarm.simulator.pullerrors import TEXTS, Pull
from prewarm.simulator.release import Release

MODES = (*TEXTS, "slow", "hang", "ok")
SLOW = 20.0  # times
NOBODY = "127.0.0.1:9"  # the port of "discard": there is no registry, here as on real nodes
# How long a failure takes, as a share of the fastest pull: a 404 is quick, an i/o timeout is not.
_FAILS_AFTER = {"timeout": 1.0, "nospace": 1.0}


class PullFailed(Exception):
    """The runtime's own words."""


@dataclass
class Registry:
    """Every registry that the nodes can reach. `speed` is how many seconds a pull takes, at least and at most."""

    release: Release
    speed: tuple[float, float] = (0.2, 0.8)
    modes: dict[str, str] = field(default_factory=dict)
    editions: dict[str, int] = field(default_factory=dict)
    down: set[str] = field(default_factory=lambda: {NOBODY})
    _failed_once: set[tuple[str, str]] = field(default_factory=set)

    def image(self, reference: Reference) -> Image:
        edition = 0 if reference.digest else self.editions.get(reference.stored_name, 0)
        return image_of(reference, edition)

    async def pull(self, reference: Reference, node: str, slowness: float, present: Image | None) -> Image:
        """Take as long as this pull takes, then return the image. Raises PullFailed.

        Of an image that is `present` only the manifest is asked for.
        """
        image = self.image(reference)
        mode = self.mode(reference)
        if mode == "flaky":
            mode = self._flaky(reference, node)
        if mode == "hang":
            await asyncio.Event().wait()
        if text := TEXTS.get(mode):
            await asyncio.sleep(self.speed[0] * _FAILS_AFTER.get(mode, 0.1))
            raise PullFailed(text(Pull(reference, image, self.release)))
        if present == image:
            await asyncio.sleep(self.speed[0] * 0.1)
            return image
        await asyncio.sleep(self._seconds(image, node) * slowness * (SLOW if mode == "slow" else 1.0))
        return image

    def mode(self, reference: Reference) -> str:
        """How pulls of this image go; `ok` and words that mean nothing are the same."""
        if reference.domain in self.down or "*" in self.down:
            return "down"
        for pattern, chosen in reversed(self.modes.items()):
            if fnmatchcase(reference.stored_name, pattern) or fnmatchcase(f"{reference.path}:{reference.tag}", pattern):
                return chosen
        return reference.path.removeprefix("library/").partition("/")[0]

    def _flaky(self, reference: Reference, node: str) -> str:
        if (node, reference.stored_name) in self._failed_once:
            return "ok"
        self._failed_once.add((node, reference.stored_name))
        return "flaky"

    def _seconds(self, image: Image, node: str) -> float:
        """The same for the same image on the same node."""
        share = int(hashlib.sha256(f"{image.digest}{node}".encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        slowest, fastest = self.speed[1], self.speed[0]
        return fastest + (slowest - fastest) * share
