"""Image references: the grammar of github.com/distribution/reference, ported, and the names runtimes store.

Checked by length first, then by `fullmatch` on ASCII patterns, so that no input can be slow and no trailing newline or
Unicode digit slips through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 255 + 255 + 130 + 140
MAX_PATH = 255
MAX_HOST = 253  # of a DNS name; a limit is named by it

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::([0-9]{{1,5}}))?", re.ASCII)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}", re.ASCII)
_HEX = re.compile(r"[a-f0-9]{64}", re.ASCII)


class InvalidReference(ValueError):
    """The text is no image reference; the message says what is wrong and how to write it."""


@dataclass(frozen=True)
class Reference:
    """A parsed image reference, normalised as Docker and containerd do: `nginx` → docker.io/library/nginx:latest."""

    domain: str
    path: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        return f"{self.domain}/{self.path}"

    @property
    def stored_name(self) -> str:
        """The name under which a node lists the image; a digest wins over a tag."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


@lru_cache(maxsize=4096)
def parse(text: str) -> Reference:
    """Read an image reference.

    1. Length, then userinfo, scheme and a bare digest are refused with their own words.
    2. `@digest` is cut off, then `:tag` after the last slash.
    3. The first component is the registry only if it has a dot, a colon, an upper-case letter or is `localhost`.
    4. docker.io gets its `library/` and its default tag `latest`.

    Raises InvalidReference.
    """
    if not text:
        raise InvalidReference("Name an image, like nginx:1.27.")
    if len(text) > MAX_LENGTH:
        raise InvalidReference(f"The image reference has {len(text)} characters; {MAX_LENGTH} are possible.")
    if "://" in text:
        raise InvalidReference("Write the image without https:// in front: registry.example.com/repository:tag.")
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        if ":" in rest and "/" in digest:
            raise InvalidReference("Leave user and password out of the reference; name a pull secret instead.")
        raise InvalidReference("After @ belongs a digest: sha256: and 64 hexadecimal digits.")
    slash = rest.rfind("/")
    colon = rest.rfind(":")
    tag = ""
    if colon > slash:
        rest, tag = rest[:colon], rest[colon + 1 :]
        if not _TAG.fullmatch(tag):
            raise InvalidReference(
                f"{tag[:40]!r} is no tag: letters, digits, _ . - (at most 128, not starting with . or -)."
            )
    domain, path = _split_domain(rest)
    if not path or not all(_COMPONENT.fullmatch(part) for part in path.split("/")):
        lower = "; repository names are lower case" if path != path.lower() else ""
        raise InvalidReference(f"{rest[:60]!r} is no repository name{lower}. Write registry/repository:tag.")
    if len(path) > MAX_PATH:
        raise InvalidReference(f"The repository name has {len(path)} characters; {MAX_PATH} are possible.")
    if not tag and not digest and _HEX.fullmatch(rest):
        raise InvalidReference("A bare image id is no reference. Write repository@sha256:….")
    return Reference(domain, path, tag or ("" if digest else "latest"), digest)


def registry_hosts(images: Iterable[str]) -> list[str]:
    """The hosts that these images come from, sorted; DNS does not tell upper case from lower."""
    return sorted({parse(image).domain.lower() for image in images})


def _split_domain(rest: str) -> tuple[str, str]:
    first, slash, remainder = rest.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        domain, path = "docker.io", rest
    else:
        domain, path = first, remainder
    match = _DOMAIN.fullmatch(domain)
    if not match:
        raise InvalidReference(f"{domain[:60]!r} is no registry host. Write host or host:port.")
    host = domain.removesuffix(f":{match[1]}")
    if len(host) > MAX_HOST:
        raise InvalidReference(f"The registry's host has {len(host)} characters; {MAX_HOST} are possible.")
    if match[1] and not 1 <= int(match[1]) <= 65535:
        raise InvalidReference(f"Port {match[1]} does not exist; ports go from 1 to 65535.")
    if match[1] and match[1].startswith("0"):
        raise InvalidReference(f"Write the port {match[1]} without zeros in front: one registry has one name.")
    if domain == "index.docker.io":
        domain = "docker.io"
    if domain == "docker.io" and "/" not in path:
        path = f"library/{path}"
    return domain, path
