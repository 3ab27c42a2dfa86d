"""Images: every reference exists; its digest and size follow from its name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prewarm.references import Reference

_MEGABYTE = 1_000_000
_SMALLEST, _BIGGEST = 5, 1_500  # megabytes


@dataclass(frozen=True, slots=True)
class Image:
    """What a registry has under a reference, and how a node lists it."""

    repository: str
    tag: str
    digest: str
    size: int

    @property
    def by_digest(self) -> str:
        return f"{self.repository}@{self.digest}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which a node knows the image after pulling it by this reference."""
        return (self.by_digest, f"{self.repository}:{self.tag}") if self.tag else (self.by_digest,)

    def listed(self) -> dict[str, Any]:
        """The image as an entry of node.status.images; one dict for all nodes that have it."""
        return _listed(self)


@lru_cache(maxsize=20_000)
def _listed(image: Image) -> dict[str, Any]:
    return {"names": list(image.names), "sizeBytes": image.size}


@lru_cache(maxsize=20_000)
def image_of(reference: Reference, edition: int = 0) -> Image:
    """The image behind a reference. Another `edition` is the same tag after somebody pushed it anew."""
    if reference.digest:
        return Image(reference.repository, "", reference.digest, _size(reference.path, reference.digest))
    text = f"{reference.repository}:{reference.tag}" + (f"#{edition}" if edition else "")
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return Image(reference.repository, reference.tag, digest, _size(reference.path, digest))


def _size(path: str, digest: str) -> int:
    """Between 5 MB and 1.5 GB, small ones more often; a path like `a/big-50` says its megabytes itself."""
    if said := re.search(r"(?:^|/)big-(\d{1,5})$", path):
        return int(said[1]) * _MEGABYTE
    share = int(hashlib.sha256(digest.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    megabytes = _SMALLEST * (_BIGGEST / _SMALLEST) ** share
    return int(megabytes * _MEGABYTE)
