"""Manifests and indexes as registries give them, and their errors: https://github.com/opencontainers/distribution-spec."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

# As containerd asks, so that the answer is the one that nodes get.
ACCEPT = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "*/*",
    )
)
_INDEXES = ("manifest.list.v2+json", "image.index.v1+json")
_UNKNOWN = "unknown"
MOST_VARIANTS = 200  # real images have twenty; a document of a megabyte could list twenty thousand


@dataclass(frozen=True)
class Index:
    """The variants of an image: digests by platform. `whole` if there can be no other."""

    variants: dict[str, str] = field(default_factory=dict)
    whole: bool = True


def index_of(body: bytes) -> Index | None:
    """The variants that this document lists; None if it is no index."""
    document = _read(body)
    entries = document.get("manifests")
    if not isinstance(entries, list):
        return None
    variants: dict[str, str] = {}
    whole = True
    for entry in entries:
        platform = entry.get("platform") if isinstance(entry, dict) else None
        nested = isinstance(entry, dict) and str(entry.get("mediaType", "")).endswith(_INDEXES)
        if not isinstance(platform, dict) or nested or len(variants) == MOST_VARIANTS:
            whole = False  # a runtime looks inside
            continue
        parts = [str(platform.get(name) or "")[:40] for name in ("os", "architecture", "variant")]
        if _UNKNOWN not in parts[:2]:  # unknown/unknown is a signature or a list of contents
            variants.setdefault("/".join(part for part in parts if part), str(entry.get("digest", "")))
    return Index(variants, whole)


def compressed_size(body: bytes) -> int | None:
    """What a manifest's configuration and layers have together; None if it does not say."""
    document = _read(body)
    layers = document.get("layers")
    parts = [document.get("config"), *(layers if isinstance(layers, list) else [None])]
    sizes = [part.get("size") if isinstance(part, dict) else None for part in parts]
    known = [size for size in sizes if isinstance(size, int) and size >= 0]
    return sum(known) if len(known) == len(sizes) else None


def errors(body: bytes) -> list[tuple[str, str]]:
    """Code and message of each error."""
    told = _read(body).get("errors")
    entries: Iterable[Any] = told if isinstance(told, list) else ()
    return [
        (str(entry.get("code", "")), str(entry.get("message", ""))[:500])
        for entry in entries
        if isinstance(entry, dict)
    ]


def lists_tags(body: bytes) -> bool:
    """Whether this is an answer to the question for a repository's tags."""
    return "tags" in _read(body)


def token(body: bytes) -> str:
    """The token that a token service gives; empty if it gives none that can be used."""
    document = _read(body)
    found = document.get("token") or document.get("access_token") or ""
    return found if isinstance(found, str) and found.isascii() and found.isprintable() else ""


def _read(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
