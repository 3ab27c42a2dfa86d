"""Patterns of images, held against the whole reference as runtimes store it: `docker.io/library/nginx:1.27`.

`*` stands for anything within one part of the path, `/**` at the end for everything below. A tag after the pattern
(`docker.io/**:latest`) narrows it to references that are pulled by such a tag; where there is a digest, none is.
A registry counts as what it is, however it is written: in letters of any case, with the port of HTTPS or without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from prewarm.references import Reference

MAX_LENGTH = 500
EVERYTHING = "**"
_DOCKER_HUB = frozenset({"index.docker.io", "registry-1.docker.io"})  # two more names of docker.io that answer pulls
_HTTPS_PORT = ":443"
_HOST = re.compile(r"[a-z0-9*](?:[a-z0-9.*-]*[a-z0-9*])?(?::[0-9]{1,5})?|\[[a-f0-9:]+\](?::[0-9]{1,5})?", re.ASCII)
_PART = re.compile(r"[a-z0-9._*-]+", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_.*-]{1,128}", re.ASCII)


class InvalidPattern(ValueError):
    """The text is no pattern of images; the message says how to write it."""


@dataclass(frozen=True)
class Pattern:
    """The registry and the path, part by part; `below` takes in everything under them."""

    parts: tuple[str, ...]
    below: bool
    tag: str

    def matches(self, reference: Reference) -> bool:
        parts = [_registry(reference.domain), *reference.path.split("/")]
        long_enough = len(parts) > len(self.parts) if self.below else len(parts) == len(self.parts)
        if not long_enough or not all(map(_fits, self.parts, parts)):
            return False
        return not self.tag or (not reference.digest and _fits(self.tag, reference.tag))


@lru_cache(maxsize=4096)
def parse(text: str) -> Pattern:
    """Read a pattern. It names the registry, so that nothing has to be guessed; Docker Hub's own images are in
    `docker.io/library`, also where that is left out. Raises InvalidPattern.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidPattern(f"The pattern has {len(text)} characters; {MAX_LENGTH} are possible.")
    if "@" in text or "://" in text:
        raise InvalidPattern("Write the pattern without digest, user and https://, like registry.example.com/team/**.")
    path, tag = text, ""
    if text.rfind(":") > text.rfind("/") and (text.startswith(EVERYTHING) or "/" in text):
        path, _, tag = text.rpartition(":")
        if not _TAG.fullmatch(tag):
            raise InvalidPattern(f"{tag[:40]!r} is no pattern of a tag: letters, digits, _ . - and *.")
    if path == EVERYTHING:
        return Pattern((), True, tag)
    host, *parts = path.split("/")
    below = bool(parts) and parts[-1] == EVERYTHING
    parts = parts[:-1] if below else parts
    host = _registry(host)
    if not _HOST.fullmatch(host) or not (set(host) & set(".:*") or host == "localhost") or EVERYTHING in host:
        raise InvalidPattern(f"Begin {text[:60]!r} with the registry: docker.io/library/nginx, or docker.io/team/**.")
    if not parts and not below:
        raise InvalidPattern(f"Say what of {text[:60]!r}: {text[:60]}/** for everything there.")
    if wrong := [part for part in parts if not _PART.fullmatch(part) or EVERYTHING in part]:
        raise InvalidPattern(
            f"{wrong[0][:40]!r} is no part of a path: lower-case letters, digits, . _ - and *; /** stands at the end."
        )
    if host == "docker.io" and len(parts) == 1 and not below:
        parts = ["library", *parts]
    return Pattern((host, *parts), below, tag)


def first_match(patterns: Iterable[str], reference: Reference) -> str:
    """The first of the patterns that this image matches, or an empty string."""
    return next((text for text in patterns if parse(text).matches(reference)), "")


def _registry(host: str) -> str:
    """One name for whatever a runtime would ask at the same place."""
    host = host.lower().removesuffix(_HTTPS_PORT)
    return "docker.io" if host in _DOCKER_HUB else host


def _fits(pattern: str, text: str) -> bool:
    """Piece by piece between the stars, never back: no pattern can be slow."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    at = len(first)
    if not text.startswith(first):
        return False
    for piece in rest[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(rest[-1]) >= at and text.endswith(rest[-1])
