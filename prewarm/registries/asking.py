"""One image, asked of its registry: a HEAD, and what that makes worth asking. No database."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from ips.outbound import Answer, Guard, OutboundError, send
from prewarm.references import Reference
from prewarm.registries import documents
from prewarm.registries.finding import CheckOutcome, Finding
from prewarm.registries.places import Place

MANIFEST_BYTES, TAGS_BYTES, TOKEN_BYTES = 1_000_000, 4_000_000, 64_000
MOST_SIZES = 4  # manifests that are read for their sizes
# Bounded, or the time for a long word without a = would grow with its square, and no other thread would run meanwhile.
_PARAMETER = re.compile(r'([a-z]{1,20})="([^"]*)"', re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_TROUBLE = {"refused": "not_asked", "tls": "tls_error"}


class _Unclear(Exception):
    """Nothing follows from what was heard."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(CheckOutcome.UNKNOWN, reason, message)


def ask(
    reference: Reference,
    place: Place,
    guard: Guard,
    seconds: float,
    *,
    platforms: Sequence[str] = (),
    earlier: Finding | None = None,
) -> Finding:
    """What the registry says, in so many seconds at most.

    Sizes are asked for these `platforms`, unless the digest is that of an `earlier` finding, which then still holds.
    """
    question = _Question(reference, place, guard, time.monotonic() + seconds)
    try:
        return question.finding(platforms, earlier)
    except _Unclear as unclear:
        return unclear.finding
    except OutboundError as error:
        reason = _TROUBLE.get(error.kind, "registry_unreachable")
        return Finding(CheckOutcome.UNKNOWN, reason, error.message)


class _Question:
    """One image at one registry; keeps the token between its requests."""

    def __init__(self, reference: Reference, place: Place, guard: Guard, deadline: float) -> None:
        self.reference, self.place, self.guard, self.deadline = reference, place, guard, deadline
        self.origin = place.origin
        self.bearer = ""

    @property
    def name(self) -> str:
        return self.reference.digest or self.reference.tag

    def finding(self, platforms: Sequence[str], earlier: Finding | None) -> Finding:
        head = self.manifest("HEAD", self.name)
        if head.status in (404, 405, 501):  # a HEAD has no words, and some know only GET
            head = self.manifest("GET", self.name)
        if head.status == 404:
            return self.not_there(head)
        if head.status != 200:
            raise self.unclear(head)
        found = Finding(
            CheckOutcome.FOUND,
            digest=self.reference.digest or head.headers.get("docker-content-digest", "")[:140],
            open_to_all=not self.bearer,
        )
        if earlier and earlier.digest and earlier.digest == found.digest and earlier.sizes:
            return replace(earlier, outcome=CheckOutcome.FOUND, reason="", message="", open_to_all=found.open_to_all)
        return found if _is_scarce(head) else self.with_details(found, platforms)

    def with_details(self, found: Finding, platforms: Sequence[str]) -> Finding:
        """Platforms and sizes. That they cannot be had takes nothing from the image being there."""
        try:
            answer = self.manifest("GET", found.digest or self.name)
            if answer.status != 200:
                return found
            index = documents.index_of(answer.body)
            if index is None:
                size = documents.compressed_size(answer.body)
                return replace(found, sizes={} if size is None else {"": size})
            found = replace(found, platforms=list(index.variants), all_platforms=index.whole)
            sizes: dict[str, int] = {}
            for platform in list(platforms)[:MOST_SIZES]:
                size = self.size_of(_variant(index, platform))
                if size is not None:
                    sizes[platform] = size
            return replace(found, sizes=sizes)
        except OutboundError:
            return found

    def size_of(self, digest: str) -> int | None:
        if not digest:
            return None
        answer = self.manifest("GET", digest)
        return documents.compressed_size(answer.body) if answer.status == 200 else None

    def not_there(self, answer: Answer) -> Finding:
        """Missing only if that is sure: the repository can be seen by anybody, or there is nothing to hide.

        Registries answer 404 for what somebody may not see, too.
        """
        told = dict(documents.errors(answer.body))
        code = next((code for code in ("MANIFEST_UNKNOWN", "NAME_UNKNOWN") if code in told), "")
        if not code:
            raise _Unclear("registry_unreachable", f"{self.place.host} answers 404, but not as a registry does.")
        if self.bearer and not self.shows_repository():
            raise _Unclear("unauthorized", f"{self.place.host} shows nothing of {self.reference.path} to anybody.")
        what = f"@{self.name}" if self.reference.digest else f":{self.name}"
        words = told[code] or code.lower().replace("_", " ")
        message = f"{self.reference.path}{what} was not found at {self.place.host}, which says: {words}"
        return Finding(CheckOutcome.MISSING, "image_not_found", message[:1000], open_to_all=not self.bearer)

    def shows_repository(self) -> bool:
        try:
            answer = self.get("GET", f"/v2/{self.reference.path}/tags/list?n=1", TAGS_BYTES)
        except OutboundError:
            return False
        return answer.status == 200 and documents.lists_tags(answer.body)

    def unclear(self, answer: Answer) -> _Unclear:
        host = self.place.host
        if answer.status in (401, 403):
            return _Unclear("unauthorized", f"{host} does not show this image to anybody without credentials.")
        if answer.status == 429:
            return _Unclear("rate_limited", f"{host} asks for fewer questions.")
        if 300 <= answer.status < 400:
            return _Unclear("not_asked", f"{host} sends us elsewhere, and IPS does not follow.")
        return _Unclear("registry_unreachable", f"{host} answers with HTTP status {answer.status}.")

    def manifest(self, method: str, name: str) -> Answer:
        """Ask for a manifest; with a token for anybody, if the registry wants one."""
        path = f"/v2/{self.reference.path}/manifests/{name}"
        answer = self.get(method, path, MANIFEST_BYTES)
        if answer.status == 401 and not self.bearer:
            self.bearer = self.token(answer.headers.get("www-authenticate", ""))
            answer = self.get(method, path, MANIFEST_BYTES)
        return answer

    def get(self, method: str, path: str, limit: int) -> Answer:
        try:
            return self.send(method, self.origin + self.place.path(path), limit)
        except OutboundError as error:
            if not self.place.may_be_plain(error):
                raise
        self.origin = self.place.plain_origin
        return self.send(method, self.origin + self.place.path(path), limit)

    def send(self, method: str, url: str, limit: int) -> Answer:
        headers = {"Accept": documents.ACCEPT}
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer}"
        left = self.deadline - time.monotonic()
        return send(method, url, guard=self.guard, seconds=left, headers=headers, limit=limit)

    def token(self, challenge: str) -> str:
        """A token for anybody, from where the registry says; its realm is a user's word too."""
        kind, _, rest = challenge.partition(" ")
        told = dict(_PARAMETER.findall(rest))
        realm = told.get("realm", "")
        plain = self.origin.startswith("http:")
        if kind.lower() != "bearer" or not realm.startswith(("https://", "http://") if plain else "https://"):
            raise _Unclear("unauthorized", f"{self.place.host} wants a name and a password.")
        query = {"scope": f"repository:{self.reference.path}:pull"}
        if service := told.get("service"):
            query["service"] = service
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}"
        answer = self.send("GET", url, TOKEN_BYTES)
        found = documents.token(answer.body) if answer.status == 200 else ""
        if not found:
            raise self.unclear(answer) if answer.status != 200 else _Unclear("unauthorized", "There is no token.")
        return found


def _variant(index: documents.Index, platform: str) -> str:
    """The digest for a platform, whatever its variant."""
    exact = index.variants.get(platform)
    return exact or next((digest for have, digest in index.variants.items() if have.startswith(f"{platform}/")), "")


def _is_scarce(answer: Answer) -> bool:
    """Whether the registry counts what is asked (Docker Hub does not count a HEAD) and less than half is left."""
    numbers = [answer.headers.get(f"ratelimit-{name}", "").partition(";")[0] for name in ("limit", "remaining")]
    return all(_NUMBER.fullmatch(number) for number in numbers) and int(numbers[1]) * 2 < int(numbers[0])
