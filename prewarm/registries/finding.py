"""What a registry said of one image, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import models

# What runtimes run besides their own: containerd takes a variant of the older architecture where there is no other.
_RUNS_TOO = {"amd64": ("386",), "arm64": ("arm",)}


class CheckOutcome(models.TextChoices):
    FOUND = "found"
    MISSING = "missing"  # surely
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """`sizes` are compressed bytes by platform, that of "" for an image of one platform, which it does not tell.

    `platforms` are all there are only if `all_platforms` says so. `open_to_all`: the registry asked for no token at
    all, so that who has credentials sees nothing else.
    """

    outcome: CheckOutcome
    reason: str = ""
    message: str = ""
    digest: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    platforms: Sequence[str] = ()
    all_platforms: bool = False
    open_to_all: bool = False

    def missing(self, *, with_secrets: bool) -> bool:
        """Surely not there, also for who brings the secrets that a task names."""
        return self.outcome == CheckOutcome.MISSING and (self.open_to_all or not with_secrets)

    def runs_on(self, platform: str) -> bool:
        """False where there is surely no variant for nodes of this platform, such as linux/amd64."""
        if not self.all_platforms or not platform:
            return True
        system, _, processor = platform.partition("/")
        wanted = {f"{system}/{one}" for one in (processor, *_RUNS_TOO.get(processor, ()))}
        return any("/".join(have.split("/")[:2]) in wanted for have in self.platforms)

    def size_for(self, platform: str) -> int | None:
        return self.sizes.get(platform, self.sizes.get(""))
